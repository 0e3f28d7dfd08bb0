// Prints how the roofline compares with measured serving, as the tables of
// docs/validation-roofline.md. With --rows: one line a row, tab-separated, for a closer look.
#include <fmt/core.h>

#include <cstring>
#include <map>

#include "base/parallel.h"
#include "catalog/catalog.h"
#include "measured/score.h"
#include "model/import.h"

namespace {

using namespace switchyard;
using namespace switchyard::measured;

void print_table(const char* title, const std::map<std::string, std::vector<Point>>& groups,
                 Prediction Point::* predicted, double Row::* truth) {
  fmt::print("\n{}:\n\n", title);
  fmt::print(
      "| rows of | rows | bias | median abs. error | p90 | in P10-P90 | below | above |\n"
      "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
  for (const auto& [name, points] : groups) {
    const Score s = score(points, predicted, truth);
    if (s.count == 0) continue;
    fmt::print("| {} | {} | {:+.0f} % | {:.0f} % | {:.0f} % | {:.0f} % | {:.0f} % | {:.0f} % |\n",
               name, s.count, s.median_error * 100, s.median_absolute * 100, s.p90_absolute * 100,
               s.covered * 100, s.below * 100, s.above * 100);
  }
}

void print_rows(const std::vector<Point>& points) {
  for (const Point& p : points) {
    const Row& r = *p.row;
    fmt::print("{}\t{}\t{}\t{}\t{}\ttp{} dp{} ep{}\t{:.0f}/{:.0f}\tc{:.0f} b{:.0f}\t", r.set,
               r.platform, r.engine, r.model.id,
               r.model.stored_as(model::WeightClass::kAttention).name, r.sharding.tp, r.sharding.dp,
               r.sharding.ep, r.input, r.output, r.concurrency, r.batch);
    fmt::print("{:.2f}\t{:.2f}\t{:.2f}\t{:.2f}\t{:.3f}\t{:.3f}\t{:.0f}\t{:.0f}\n", r.tpot * 1e3,
               p.tpot.base * 1e3, p.tpot.p10 * 1e3, p.tpot.p90 * 1e3, p.tpot.base / r.tpot,
               p.output_tokens_per_second.base / r.output_tokens_per_second, r.chip_watts,
               p.chip_watts.base);
  }
}

void print_envelopes(const std::filesystem::path& data, const std::filesystem::path& root,
                     const catalog::Catalog& catalog, const serving::Engine& engine) {
  fmt::print(
      "\nMLPerf offline, Llama-2-70B, output tokens/s a chip; ours is the best of any "
      "deployment:\n\n"
      "| platform | MLPerf best | ours base | P10-P90 |\n| --- | ---: | ---: | ---: |\n");
  const auto model = model::find_model("llama-2-70b", root / "models");
  for (const Envelope& e : load_envelopes(data)) {
    const Prediction p = best_rate(e.platform, catalog, engine, *model, 128);
    fmt::print("| {} | {:.0f} | {:.0f} | {:.0f}-{:.0f} |\n", e.platform,
               e.output_tokens_per_second_per_chip, p.base, p.p10, p.p90);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto directory = data_directory();
  if (!std::filesystem::exists(directory)) {
    fmt::print("no measured data at {}\n", directory.string());
    return 2;
  }
  const auto root = catalog::default_directory();
  const auto catalog = catalog::load(root);
  const auto engine = serving::load_engine((root / "engine.toml").string());
  if (!catalog || !engine) {
    fmt::print("{}\n", to_text(catalog ? engine.error() : catalog.error()));
    return 2;
  }
  const Rows rows = load_rows(directory, root / "models");
  std::vector<Point> points(rows.rows.size());
  parallel_for(static_cast<int>(points.size()), [&](int i) {
    const auto k = static_cast<std::size_t>(i);
    points[k] = predict(rows.rows[k], *catalog, *engine, 128);
  });
  if (argc > 1 && std::strcmp(argv[1], "--rows") == 0) {
    print_rows(points);
    return 0;
  }
  fmt::print("{} rows compared, {} of good quality passed over.\n", rows.rows.size(),
             rows.passed_over);
  std::map<std::string, std::vector<Point>> platforms, sets;
  for (const Point& p : points) {
    platforms[p.row->platform].push_back(p);
    sets[p.row->set + " " + p.row->engine].push_back(p);
  }
  print_table("Time a token, by platform", platforms, &Point::tpot, &Row::tpot);
  print_table("Output tokens/s, by platform", platforms, &Point::output_tokens_per_second,
              &Row::output_tokens_per_second);
  print_table("Time a token, by source and engine", sets, &Point::tpot, &Row::tpot);
  print_table("Power of a chip, by platform", platforms, &Point::chip_watts, &Row::chip_watts);
  print_envelopes(directory, root, *catalog, *engine);
  return 0;
}
