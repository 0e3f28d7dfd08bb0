// How far predictions are from what was measured.
//
// Errors are predicted over measured - 1; ape is their absolute value. What is scored: TPOT where
// measured and not given (benchmark rows), TTFT below saturation (a request decodes for longer than
// it waits for its first token), throughput, power.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "validation/predict.h"

namespace switchyard::validation {

struct Score {
  int n = 0;
  double median_ape = 0, p90_ape = 0;
  double bias = 0;        // median of predicted / measured - 1
  double coverage80 = 0;  // share of measured values within P10 to P90
};

enum class Quantity { kTpot, kTtft, kThroughput, kPower };
inline constexpr Quantity kQuantities[] = {Quantity::kTpot, Quantity::kTtft, Quantity::kThroughput,
                                           Quantity::kPower};
std::string to_text(Quantity quantity);

// The measured value as it is scored; 0: it is not.
double measured_value(const Case& subject, Quantity quantity);
const Prediction& predicted_value(const Point& point, Quantity quantity);

Score score(const std::vector<const Point*>& points, Quantity quantity);

// A factor on a prediction: measured over ours, most likely and how far it reaches.
struct ErrorRange {
  double base = 1, low = 1, high = 1;
  int rows = 0;  // 0: not calibrated
};
// With P10 and P90 of its triangle (catalog::Estimate) `scale` times as far from the middle, in the
// logarithm, as those of measured over predicted.
ErrorRange error_range(const std::vector<double>& logs, double scale);
std::vector<double> residual_logs(const std::vector<const Point*>& points, Quantity quantity);

// Of throughput a chip over the rows of one use (Case::frontier): Spearman's, for uses of five rows
// or more.
struct RankCorrelation {
  int uses = 0;
  double median = 0, p10 = 0;
};
RankCorrelation rank_correlation(const std::vector<Point>& points);

// Throughput a chip at equal time a token: at each point of the measured frontier of a use, ours by
// interpolation in the logarithm. Uses of three points or more.
Score frontier_score(const std::vector<Point>& points);

struct Scores {
  std::map<Quantity, Score> all;
  std::map<std::string, std::map<Quantity, Score>> by_platform, by_model, by_engine, by_group;
  RankCorrelation rank;
  Score frontier;
};
Scores score_all(const std::vector<Point>& points);

}  // namespace switchyard::validation
