#include "costing/fits.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/document.h"
#include "base/files.h"
#include "base/text.h"
#include "catalog/table.h"

namespace switchyard::costing {

namespace {

using catalog::Dimension;
using catalog::Table;

constexpr FitElement kElements[] = {{"bf16", 2, 2, "bf16"},           {"fp8", 1, 1, "fp8"},
                                    {"fp8_block", 1, 1, "fp8"},       {"int8", 1, 1, "int8"},
                                    {"nvfp4", 0.5625, 0.5625, "fp4"}, {"mxfp4", 0.53125, 2, "bf16"},
                                    {"mxfp4_fp8", 0.53125, 1, "fp8"}, {"int4", 0.5625, 2, "bf16"}};

std::vector<std::string> family_names() {
  std::vector<std::string> names;
  for (int i = 0; i < kKernelFamilies; ++i) {
    names.emplace_back(to_text(static_cast<KernelFamily>(i)));
  }
  return names;
}

FitChip read_fit_chip(ObjectReader& fields, const std::string& id) {
  FitChip chip;
  Table table(fields, "fits/" + id);
  chip.id = id;
  chip.name = table.text("name");
  chip.device = table.text_or_empty("device");
  chip.files = table.fields().strings_or_empty("files");
  table.section("peak", [&](Table& t) {
    for (const char* type : {"bf16", "fp8", "int8", "fp4"}) {
      if (t.fields().has(type)) chip.peak.emplace(type, t.positive(type, Dimension::kFlopRate));
    }
    if (!chip.peak.contains("bf16")) t.fields().fault("bf16", "is missing", "the bf16 peak");
  });
  chip.bandwidth = table.positive("bandwidth", Dimension::kByteRate);
  chip.link = table.positive("link", Dimension::kByteRate);
  chip.processors = table.positive("processors", Dimension::kCount);
  chip.cache = table.positive("cache", Dimension::kBytes);
  chip.leave = table.fields().strings_or_empty("leave");
  for (const std::string& name : chip.leave) {
    if (!parse_kernel_family(name)) {
      table.fields().fault("leave", "has " + quote(name), join(family_names(), ", "),
                           did_you_mean(name, family_names()));
    }
  }
  chip.like = table.text_or_empty("like");
  chip.widening = table.fields().number_or("widening", 1, {1, 10});
  table.fields().reject_unknown();
  return chip;
}

void read_coefficients(ObjectReader reader, KernelFit& fit) {
  const auto specs = coefficients(fit.family);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    fit.coefficients[i] = reader.number(specs[i].name, {specs[i].low * 0.99, specs[i].high * 1.01});
  }
  reader.reject_unknown();
}

FitError read_error(ObjectReader reader) {
  FitError error;
  error.median = reader.number("median", {0, 1e6});
  error.p90 = reader.number("p90", {0, 1e6});
  error.bias = reader.number("bias", {-1, 1e6});
  reader.reject_unknown();
  return error;
}

void read_bands(ObjectReader& reader, KernelFit& fit) {
  const Json* bands = reader.array("bands");
  if (!bands || bands->empty()) {
    reader.fault("bands", "is missing or empty", "at least one band");
    return;
  }
  for (const Json& item : *bands) {
    ObjectReader inside = reader.inside("bands", item);
    FitBand band;
    band.seconds_max = inside.number("seconds_max", {0, 1e9});
    band.rows = static_cast<int>(inside.integer("rows", {0, 1e9}));
    band.low = inside.number("low", {1e-6, 1e6});
    band.high = inside.number("high", {band.low, 1e6});
    inside.reject_unknown();
    fit.bands.push_back(band);
  }
}

template <class Read>
void read_inside(ObjectReader& reader, const char* key, Read read) {
  const Json* member = reader.object(key);
  if (member) {
    read(reader.inside(key, *member));
  } else if (!reader.has(key)) {
    reader.fault(key, "is missing", "a table");
  }
}

KernelFit read_fit(ObjectReader reader) {
  KernelFit fit;
  const std::string family = reader.string("operator");
  const auto parsed = parse_kernel_family(family);
  if (!parsed) {
    const auto names = family_names();
    reader.fault("operator", "is " + quote(family), join(names, ", "), did_you_mean(family, names));
    return fit;
  }
  fit.family = *parsed;
  fit.element = reader.string("element");
  fit.cached = reader.string_or("cached", "");
  fit.engine = reader.string("engine");
  fit.kernel = reader.string_or("kernel", "");
  fit.preferred = reader.boolean_or("preferred", false);
  const std::string policy = reader.string("policy");
  const auto known = policies(fit.family);
  const auto found = std::find(known.begin(), known.end(), policy);
  if (found == known.end()) {
    reader.fault("policy", "is " + quote(policy),
                 join(std::vector<std::string>(known.begin(), known.end()), ", "));
  } else {
    fit.policy = static_cast<int>(found - known.begin());
  }
  fit.rows = static_cast<int>(reader.integer("rows", {1, 1e9}));
  fit.groups = static_cast<int>(reader.integer("groups", {1, 1e9}));
  fit.coverage = reader.number("coverage", {0, 1});
  read_inside(reader, "coefficients", [&](ObjectReader r) { read_coefficients(r, fit); });
  read_inside(reader, "fitted", [&](ObjectReader r) { fit.fitted = read_error(r); });
  read_inside(reader, "held_out", [&](ObjectReader r) { fit.held_out = read_error(r); });
  read_bands(reader, fit);
  reader.reject_unknown();
  return fit;
}

std::string number(double value) { return fmt::format("{:.4g}", value); }

std::string error_text(const FitError& e) {
  return fmt::format("{{ median = {}, p90 = {}, bias = {} }}", number(e.median), number(e.p90),
                     number(e.bias));
}

void append_fit(std::string& out, const KernelFit& fit) {
  out += fmt::format("\n[[fits]]\noperator = \"{}\"\nelement = \"{}\"\n", to_text(fit.family),
                     fit.element);
  if (!fit.cached.empty()) out += fmt::format("cached = \"{}\"\n", fit.cached);
  out += fmt::format("engine = \"{}\"\n", fit.engine);
  if (!fit.kernel.empty()) out += fmt::format("kernel = \"{}\"\n", fit.kernel);
  if (fit.preferred) out += "preferred = true\n";
  out +=
      fmt::format("policy = \"{}\"\nrows = {}\ngroups = {}\n",
                  policies(fit.family)[static_cast<std::size_t>(fit.policy)], fit.rows, fit.groups);
  out += fmt::format("fitted = {}\nheld_out = {}\ncoverage = {}\n", error_text(fit.fitted),
                     error_text(fit.held_out), number(fit.coverage));
  out += "bands = [\n";
  for (const FitBand& band : fit.bands) {
    out += fmt::format("  {{ seconds_max = {}, rows = {}, low = {}, high = {} }},\n",
                       number(band.seconds_max), band.rows, number(band.low), number(band.high));
  }
  out += "]\n[fits.coefficients]\n";
  const auto specs = coefficients(fit.family);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    out += fmt::format("{} = {}  # {}: {}\n", specs[i].name, number(fit.coefficients[i]),
                       specs[i].unit, specs[i].about);
  }
}

// Puts fits before others of the same question.
void prefer(const ChipFits& added, ChipFits& all) {
  for (const KernelFit& fit : added.fits) {
    for (KernelFit& other : all.fits) {
      const bool same =
          other.family == fit.family && other.element == fit.element && other.cached == fit.cached;
      if (same && fit.preferred) other.preferred = false;
    }
  }
  all.fits.insert(all.fits.end(), added.fits.begin(), added.fits.end());
}

}  // namespace

const FitElement* find_fit_element(const std::string& name) {
  const auto* found = std::find_if(std::begin(kElements), std::end(kElements),
                                   [&](const FitElement& e) { return name == e.name; });
  return found == std::end(kElements) ? nullptr : found;
}

std::vector<std::string> fit_element_names() {
  std::vector<std::string> names;
  for (const FitElement& e : kElements) names.emplace_back(e.name);
  return names;
}

const ChipFits* FitSet::answering(const std::string& chip) const {
  const auto own = fits.find(chip);
  if (own != fits.end()) return &own->second;
  const auto facts = chips.find(chip);
  if (facts == chips.end()) return nullptr;
  const auto other = fits.find(facts->second.like);
  return other == fits.end() ? nullptr : &other->second;
}

std::optional<KernelRates> rates_of(const FitChip& chip, const std::string& element,
                                    const std::string& cached) {
  KernelRates rates = {.wide_flops = chip.peak.at("bf16").si(),
                       .bandwidth = chip.bandwidth.si(),
                       .link = chip.link.si(),
                       .processors = chip.processors.si(),
                       .cache = chip.cache.si()};
  if (!cached.empty()) {
    const FitElement* e = find_fit_element(cached);
    if (!e) return std::nullopt;
    rates.cached_bytes = e->weight_bytes;
  }
  const FitElement* e = find_fit_element(element);
  if (!e) {  // a collective has no element
    rates.flops = rates.wide_flops;
    return rates;
  }
  const auto peak = chip.peak.find(e->peak);
  if (peak == chip.peak.end()) return std::nullopt;
  rates.flops = peak->second.si();
  rates.weight_bytes = e->weight_bytes;
  rates.activation_bytes = e->activation_bytes;
  return rates;
}

Result<std::map<std::string, FitChip>> load_fit_chips(const std::filesystem::path& file) {
  SWITCHYARD_TRY(document, read_document(file.string()));
  FaultList faults;
  std::map<std::string, FitChip> chips;
  ObjectReader reader(document, file.string(), faults);
  for (const auto& [id, item] : document.items()) {
    const Json* member = reader.object(id);
    if (!member) continue;
    ObjectReader inside = reader.inside(id, *member);
    chips.emplace(id, read_fit_chip(inside, id));
  }
  for (const auto& [id, chip] : chips) {
    if (chip.like.empty() || chips.contains(chip.like)) continue;
    std::vector<std::string> known;
    for (const auto& [other, unused] : chips) known.push_back(other);
    reader.fault(id, "is like " + quote(chip.like), "a chip of this file",
                 did_you_mean(chip.like, known));
  }
  SWITCHYARD_TRY_STATUS(faults.status());
  return chips;
}

Result<ChipFits> parse_chip_fits(std::string_view text, const std::string& where) {
  SWITCHYARD_TRY(document, parse_toml(text, where));
  FaultList faults;
  ObjectReader reader(document, where, faults);
  ChipFits out;
  out.chip = reader.string("chip");
  out.origin = reader.string("origin");
  out.date = reader.string("date");
  reader.string("mark");
  if (const Json* fits = reader.array("fits")) {
    for (const Json& item : *fits) out.fits.push_back(read_fit(reader.inside("fits", item)));
  }
  reader.reject_unknown();
  SWITCHYARD_TRY_STATUS(faults.status());
  return out;
}

Result<FitSet> load_fits(const std::filesystem::path& directory) {
  FitSet set;
  SWITCHYARD_TRY_STATUS(lay_over(set, directory));
  return set;
}

Status lay_over(FitSet& set, const std::filesystem::path& directory) {
  std::error_code ignored;
  const auto facts = directory / "chips.toml";
  if (std::filesystem::exists(facts, ignored)) {
    SWITCHYARD_TRY(chips, load_fit_chips(facts));
    for (auto& [id, chip] : chips) set.chips.insert_or_assign(id, std::move(chip));
  }
  for (const auto& [id, chip] : set.chips) {
    const auto file = directory / (id + ".toml");
    if (!std::filesystem::exists(file, ignored)) continue;
    SWITCHYARD_TRY(text, read_file(file));
    SWITCHYARD_TRY(fits, parse_chip_fits(text, file.string()));
    const auto [place, fresh] = set.fits.try_emplace(id, fits);
    if (!fresh) prefer(fits, place->second);
  }
  return {};
}

std::string to_toml(const ChipFits& fits) {
  std::string out = fmt::format(
      "# Written by `switchyard fit`; docs/fitting.md says what the coefficients mean.\n"
      "chip = \"{}\"\norigin = \"{}\"\ndate = \"{}\"\nmark = \"fitted\"\n",
      fits.chip, fits.origin, fits.date);
  for (const KernelFit& fit : fits.fits) append_fit(out, fit);
  return out;
}

}  // namespace switchyard::costing
