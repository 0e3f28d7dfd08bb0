#include "workload/workload.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <system_error>

#include "base/check.h"
#include "base/document.h"
#include "base/text.h"

namespace switchyard::workload {

namespace fs = std::filesystem;

namespace {

// Of sorted values.
double quantile(const std::vector<double>& values, double q) {
  const double position = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return std::lerp(values[below], values[above], position - static_cast<double>(below));
}

// { tokens, source } for one length, { low, high, source } for a uniform spread.
Lengths read_lengths(ObjectReader& parent, std::string_view key, FaultList& faults) {
  const Json* table = parent.object(key);
  if (!table) {
    if (!parent.has(key)) parent.fault(key, "is missing", "{ tokens } or { low, high }");
    return {};
  }
  ObjectReader reader(*table, fmt::format("{}: {}", parent.where(), key), faults);
  const Range range = {1, kTokensMax};
  reader.string("source");
  Lengths lengths;
  if (reader.has("low") || reader.has("high")) {
    const double low = reader.number("low", range);
    const double high = reader.number("high", range);
    if (low > high) reader.fault("high", format_significant(high), "at least low");
    lengths = low > high ? Lengths::fixed(low) : Lengths::uniform(low, high);
  } else {
    lengths = Lengths::fixed(reader.number("tokens", range));
  }
  reader.reject_unknown();
  return lengths;
}

Slo read_slo(ObjectReader& parent, FaultList& faults) {
  const Json* table = parent.object("slo");
  if (!table) {
    if (!parent.has("slo")) parent.fault("slo", "is missing", "{ ttft_s, tpot_ms }");
    return {};
  }
  ObjectReader reader(*table, parent.where() + ": slo", faults);
  reader.string("source");
  const Slo slo = {.ttft = Seconds(reader.number("ttft_s", {1e-3, 3600})),
                   .tpot = milliseconds(reader.number("tpot_ms", {1e-2, 60000}))};
  reader.reject_unknown();
  return slo;
}

void read_workload(const fs::path& path, FaultList& faults, std::vector<Workload>& out) {
  const auto document = read_document(path.string());
  if (!document) return faults.add(document.error());
  ObjectReader reader(*document, path.string(), faults);
  Workload workload;
  workload.name = reader.string("id");
  if (workload.name != path.stem().string())
    reader.fault("id", quote(workload.name), "the file's name, " + quote(path.stem().string()));
  workload.title = reader.string("name");
  workload.note = reader.string_or("note", "");
  workload.input = read_lengths(reader, "input", faults);
  workload.output = read_lengths(reader, "output", faults);
  workload.input_output_product = workload.input.mean * workload.output.mean;  // independent
  workload.prefix_share = reader.number_or("prefix_share", 0, {0, 0.999});
  reader.string_or("prefix_source", "");
  workload.slo = read_slo(reader, faults);
  workload.traffic = read_traffic(reader, faults);
  reader.reject_unknown();
  out.push_back(std::move(workload));
}

Result<std::vector<std::string>> names_in(const fs::path& directory) {
  std::error_code code;
  std::vector<std::string> names;
  for (fs::directory_iterator entry(directory, code), end; !code && entry != end;
       entry.increment(code)) {
    if (entry->path().extension() == ".toml") names.push_back(entry->path().stem().string());
  }
  if (code) {
    return fail({.kind = ErrorKind::kIo,
                 .where = directory.string(),
                 .found = "cannot be listed: " + code.message(),
                 .wanted = "a directory of workloads"});
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<Workload>> load(const std::vector<std::string>& names, const fs::path& from) {
  FaultList faults;
  std::vector<Workload> workloads;
  for (const std::string& name : names) read_workload(from / (name + ".toml"), faults, workloads);
  SWITCHYARD_TRY_STATUS(faults.status());
  return workloads;
}

}  // namespace

Lengths Lengths::fixed(double tokens) { return uniform(tokens, tokens); }

Lengths Lengths::uniform(double low, double high) {
  SWITCHYARD_CHECK(low <= high, "{} > {}", low, high);
  return {.mean = (low + high) / 2,
          .mean_square = (low * low + low * high + high * high) / 3,
          .p50 = std::lerp(low, high, 0.5),
          .p90 = std::lerp(low, high, 0.9),
          .p99 = std::lerp(low, high, 0.99),
          .maximum = high};
}

Lengths Lengths::of(std::vector<double> values) {
  SWITCHYARD_CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  const auto count = static_cast<double>(values.size());
  return {
      .mean = std::accumulate(values.begin(), values.end(), 0.0) / count,
      .mean_square = std::inner_product(values.begin(), values.end(), values.begin(), 0.0) / count,
      .p50 = quantile(values, 0.5),
      .p90 = quantile(values, 0.9),
      .p99 = quantile(values, 0.99),
      .maximum = values.back()};
}

double Workload::mean_decode_context() const {
  if (output.mean <= 0) return input.mean;
  return (input_output_product + output.mean_square / 2) / output.mean;
}

double Workload::mean_prefill_context() const {
  if (input.mean <= 0) return 0;
  return input.mean_square * (1 + prefix_share) / (2 * input.mean);  // (1 - h) cancelled
}

Workload fixed_workload(double input_tokens, double output_tokens, double prefix_share, Slo slo) {
  SWITCHYARD_CHECK(input_tokens >= 0 && input_tokens <= kTokensMax, "{}", input_tokens);
  SWITCHYARD_CHECK(output_tokens >= 0 && output_tokens <= kTokensMax, "{}", output_tokens);
  SWITCHYARD_CHECK(prefix_share >= 0 && prefix_share < 1, "{}", prefix_share);
  const std::string name = fmt::format("{}/{}", input_tokens, output_tokens);
  return {.name = name,
          .title = fmt::format("{} in, {} out", input_tokens, output_tokens),
          .note = "every request of this length",
          .input = Lengths::fixed(input_tokens),
          .output = Lengths::fixed(output_tokens),
          .prefix_share = prefix_share,
          .input_output_product = input_tokens * output_tokens,
          .slo = slo,
          .traffic = {}};
}

Result<Workload> named_workload(const std::string& name, const fs::path& workloads_directory) {
  SWITCHYARD_TRY(names, names_in(workloads_directory));
  // Only names that were listed become paths: "../x" is an unknown name.
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    return fail({.kind = ErrorKind::kUnknown,
                 .where = workloads_directory.string(),
                 .found = "has no workload " + quote(name),
                 .wanted = names.empty() ? "a directory of workloads" : join(names, ", "),
                 .hint = did_you_mean(name, names)});
  }
  SWITCHYARD_TRY(workloads, load({name}, workloads_directory));
  return std::move(workloads.front());
}

Result<std::vector<Workload>> load_workloads(const fs::path& workloads_directory) {
  SWITCHYARD_TRY(names, names_in(workloads_directory));
  return load(names, workloads_directory);
}

}  // namespace switchyard::workload
