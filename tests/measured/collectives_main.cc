// validate_collectives [--fit]: the tables of docs/validation-collectives.md. With --fit the
// constants in catalog/fabrics are set anew first.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "base/text.h"
#include "catalog/sample.h"
#include "measured/collectives.h"

namespace {

using namespace switchyard;
using namespace switchyard::measured;

struct Scores {
  std::vector<double> errors, signed_errors;
  void add(double predicted, double measured) {
    signed_errors.push_back(predicted / measured - 1);
    errors.push_back(std::abs(signed_errors.back()));
  }
  static double at(std::vector<double> values, double share) {
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  }
  std::string row(const std::string& name) const {
    return fmt::format("| {} | {} | {:+.0f} % | {:.0f} % | {:.0f} % |\n", name, errors.size(),
                       100 * at(signed_errors, 0.5), 100 * at(errors, 0.5), 100 * at(errors, 0.9));
  }
};

constexpr const char* kAll = "all";

const char* band_of(double bytes) {
  if (bytes < 64 << 10) return "below 64 KiB";
  if (bytes < 1 << 20) return "64 KiB to 1 MiB";
  if (bytes < 32 << 20) return "1 to 32 MiB";
  return "from 32 MiB";
}

void print_table(const char* title, const char* of, const std::map<std::string, Scores>& scores) {
  std::printf(
      "\n%s\n\n| %s | rows | bias | median abs. error | p90 |\n| --- | ---: | ---: | ---: "
      "| ---: |\n",
      title, of);
  for (const auto& [name, s] : scores) {
    if (name != kAll) std::fputs(s.row(name).c_str(), stdout);
  }
  if (scores.contains(kAll)) std::fputs(scores.at(kAll).row(kAll).c_str(), stdout);
}

void print_examples(const std::vector<CollectiveRow>& rows, const catalog::Catalog& catalog) {
  std::printf(
      "\nAll-reduce over 4 ranks, scored and fitted sizes alike:\n\n| system | kernel | "
      "collective | payload | measured us | predicted us |\n| --- | --- | --- | ---: | "
      "---: | ---: |\n");
  std::set<std::tuple<std::string, bool, double>> seen;
  for (const CollectiveRow& row : rows) {
    const bool shown =
        row.ranks == 4 && (row.bytes == 65536 || row.bytes == 1 << 23 || row.bytes == 1 << 28);
    if (!shown || row.collective != fabric::Collective::kAllReduce) continue;
    // Tables hold a size in two types; their first will do.
    if (!seen.emplace(row.system, row.custom, row.bytes).second) continue;
    const auto numbers = sample(catalog.fabrics.at(row.fabric), catalog::World{});
    std::printf("| %s | %s | %s | %s | %s | %s |\n", row.system.c_str(),
                row.custom ? "vLLM" : "NCCL", fabric::to_text(row.collective).c_str(),
                format_si(row.bytes, "B").c_str(), format_significant(row.seconds * 1e6).c_str(),
                format_significant(predict(row, numbers).value() * 1e6).c_str());
  }
}

// B300 and GB300 have no tables: their links and NCCL are those of B200 and GB200.
constexpr std::pair<const char*, const char*> kCopies[] = {{"nvlink5-8-400g", "nvlink5-8-800g"},
                                                           {"nvlink5-72-400g", "nvlink5-72-800g"}};

Status fit_all(const std::vector<CollectiveRow>& rows, const catalog::Catalog& catalog) {
  const std::filesystem::path directory = catalog::default_directory() / "fabrics";
  for (const auto& [id, fabric] : catalog.fabrics) {
    const bool any = std::any_of(rows.begin(), rows.end(),
                                 [&](const CollectiveRow& r) { return r.fabric == fabric.id; });
    if (!any) continue;
    const FabricFit fitted = fit(fabric, rows);
    const std::string source =
        "validate_collectives --fit on half the sizes of the nccl and custom_allreduce tables of "
        "aiconfigurator @095f58a5; range: 80 % of the other half";
    SWITCHYARD_TRY_STATUS(write_constants(directory / (id + ".toml"), fitted, source));
    for (const auto& [from, to] : kCopies) {
      if (id != from) continue;
      SWITCHYARD_TRY_STATUS(write_constants(directory / (std::string(to) + ".toml"), fitted,
                                            "as " + id + ", which was fitted: same links"));
    }
  }
  return {};
}

Status run(bool refit) {
  SWITCHYARD_TRY(rows, read_collectives("../shared/data/operators"));
  SWITCHYARD_TRY(catalog, catalog::load(catalog::default_directory()));
  if (refit) {
    SWITCHYARD_TRY_STATUS(fit_all(rows, catalog));
    SWITCHYARD_TRY(again, catalog::load(catalog::default_directory()));
    catalog = std::move(again);
  }
  std::map<std::string, Scores> systems, bands, kinds, cells;
  for (const CollectiveRow& row : rows) {
    if (row.fits()) continue;
    const auto numbers = sample(catalog.fabrics.at(row.fabric), catalog::World{});
    const double predicted = predict(row, numbers).value();
    const std::string kind = (row.custom ? "vLLM " : "NCCL ") + fabric::to_text(row.collective);
    systems[row.system].add(predicted, row.seconds);
    bands[band_of(row.bytes)].add(predicted, row.seconds);
    kinds[kind].add(predicted, row.seconds);
    cells[row.system + ", " + band_of(row.bytes)].add(predicted, row.seconds);
    systems[kAll].add(predicted, row.seconds);
  }
  std::printf("%zu rows, half of the sizes fitted, the other half scored here.\n", rows.size());
  print_table("By system:", "rows of", systems);
  print_table("By size:", "payload", bands);
  print_table("By kernel:", "kernel", kinds);
  print_table("By system and size:", "rows of", cells);
  print_examples(rows, catalog);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const bool refit = argc == 2 && std::string_view(argv[1]) == "--fit";
  const Status status = run(refit);
  if (!status) std::fprintf(stderr, "%s\n", to_text(status.error()).c_str());
  return status ? 0 : 2;
}
