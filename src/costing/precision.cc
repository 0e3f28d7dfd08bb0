#include "costing/precision.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"
#include "base/text.h"
#include "model/parameters.h"

namespace switchyard::costing {

namespace {

using model::WeightClass;

// Narrowest format of at least `width` bits; among equals the checkpoint's own, then floating
// point, then the fastest.
int choose_format(const catalog::Chip& chip, int width, const std::string& stored_name) {
  const auto rank = [&](const catalog::Format& f) {
    const bool own = f.name == stored_name;
    const bool floating = f.name.find("fp") != std::string::npos || f.name == "bf16";
    return std::tuple(f.width(), !own, !floating, -chip.peak.at(f.compute).base, f.bits);
  };
  int best = -1;
  for (int i = 0; i < static_cast<int>(chip.formats.size()); ++i) {
    const auto& format = chip.formats[static_cast<std::size_t>(i)];
    if (format.width() < width) continue;
    if (best < 0 || rank(format) < rank(chip.formats[static_cast<std::size_t>(best)])) best = i;
  }
  SWITCHYARD_CHECK(best >= 0, "chip {} has no format of {} bits or more", chip.id, width);
  return best;
}

Precision precision_at(const model::Model& model, const catalog::Chip& chip, int width_max,
                       double cache_bits) {
  Precision p;
  p.chip = &chip;
  const auto parameters = model::parameters(model);
  std::int64_t most = -1;
  for (int c = 0; c < model::kWeightClasses; ++c) {
    const auto index = static_cast<std::size_t>(c);
    const auto weights = static_cast<WeightClass>(c);
    const model::StoredFormat& stored = model.stored[index];
    const bool narrow = weights == WeightClass::kAttention || weights == WeightClass::kDense ||
                        weights == WeightClass::kExpert;
    const int width = narrow ? std::min({stored.width(), width_max, 16}) : 16;
    p.format[index] = choose_format(chip, width, stored.name);
    const catalog::Format& format = chip.formats[static_cast<std::size_t>(p.format[index])];
    p.bits.weights[index] = format.bits;
    if (narrow && parameters.by_class[index] > most) {
      most = parameters.by_class[index];
      p.name = format.name;
    }
  }
  p.attention_format = choose_format(chip, 16, "bf16");
  p.bits.cache = cache_bits;
  return p;
}

}  // namespace

Result<PrecisionChoice> parse_precision(const std::string& text) {
  static const std::vector<std::pair<std::string, PrecisionChoice>> kNames = {
      {"auto", PrecisionChoice::kAuto},
      {"native", PrecisionChoice::kNative},
      {"bf16", PrecisionChoice::k16},
      {"fp8", PrecisionChoice::k8},
      {"fp4", PrecisionChoice::k4}};
  std::vector<std::string> known;
  for (const auto& [name, choice] : kNames) {
    if (to_lower(text) == name) return choice;
    known.push_back(name);
  }
  return fail({.kind = ErrorKind::kUsage,
               .where = "--precision",
               .found = "is " + quote(text),
               .wanted = join(known, ", "),
               .hint = did_you_mean(text, known)});
}

std::vector<Precision> precisions(const model::Model& model, const catalog::Chip& chip,
                                  PrecisionChoice choice, double cache_bits) {
  std::vector<Precision> out;
  const auto add = [&](int width_max) {
    const Precision p = precision_at(model, chip, width_max, cache_bits);
    if (std::find(out.begin(), out.end(), p) == out.end()) out.push_back(p);
  };
  switch (choice) {
    case PrecisionChoice::kAuto:
      add(16);
      add(8);
      break;
    case PrecisionChoice::kNative:
      add(16);
      break;
    case PrecisionChoice::k16: {
      model::Model wide = model;
      wide.stored.fill({.name = "bf16", .bits = 16});
      out.push_back(precision_at(wide, chip, 16, cache_bits));
      break;
    }
    case PrecisionChoice::k8:
      add(8);
      break;
    case PrecisionChoice::k4:
      add(4);
      break;
  }
  return out;
}

}  // namespace switchyard::costing
