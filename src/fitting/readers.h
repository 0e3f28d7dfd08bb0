// One reader a file format; measurements.cc chooses among them by the header.
#pragma once

#include "fitting/measurements.h"
#include "fitting/rows.h"

namespace switchyard::fitting {

// Puts rows where they belong and counts those left out.
class Collector {
 public:
  // `key.rows` is ignored; the last series is kept at hand, as rows come in runs.
  void add(Series key, const Measurement& row);
  void skip(const std::string& reason) { ++skipped_[reason]; }
  Measurements take();

 private:
  std::map<std::string, Series> series_;
  std::map<std::string, int> skipped_;
};

struct Source {
  std::string chip;  // for rows that do not name their device
  const std::map<std::string, costing::FitChip>* chips = nullptr;
};

// Whether the header is this format's; then `read` takes all rows. Faults are of single fields.
bool is_aiconfigurator(const Rows& rows);
void read_aiconfigurator(Rows& row, const Source& source, Collector& out);
bool is_layer_profile(const Rows& rows);  // LLMServingSim
void read_layer_profile(Rows& row, const Source& source, Collector& out);
bool is_vidur(const Rows& rows);
void read_vidur(Rows& row, const Source& source, Collector& out);

}  // namespace switchyard::fitting
