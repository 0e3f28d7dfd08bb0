// What tests of isa/ share: limits of each generation, comparison of programs.
#pragma once

#include <algorithm>
#include <string>

#include "base/text.h"
#include "isa/form_key.h"
#include "isa/limits.h"
#include "isa/program.h"

namespace switchyard::isa {

// As in the vendor's pages; the catalog's cores/ hold them with sources.
inline Limits limits_of(Generation generation) {
  constexpr std::int64_t kKib = 1024;
  const bool v4 = generation == Generation::kV4;
  return {.generation = generation,
          .sbuf_partition_bytes = (generation == Generation::kV2 ? 192
                                   : v4                          ? 256
                                                                 : 224) *
                                  kKib,
          .psum_partition_bytes = 16 * kKib,
          .stationary_free_max = 128,
          .moving_free_max_float32 = v4 ? 4096 : 512,
          .moving_free_max_bfloat16 = v4 ? 8192 : 0,
          .bn_stats_free_max = 512};
}

inline constexpr Generation kGenerations[] = {Generation::kV2, Generation::kV3, Generation::kV4};

// The first difference of two programs in words; empty when they are equal bit for bit.
inline std::string difference(const Program& a, const Program& b) {
  const auto differs = [](const Tensor& one, const Tensor& other) {
    return one.name != other.name || one.buffer != other.buffer || one.type != other.type ||
           one.shape != other.shape || one.kind != other.kind || one.address != other.address;
  };
  if (a.generation() != b.generation()) return "generation";
  if (a.automatic_order != b.automatic_order) return "order";
  if (a.tensors().size() != b.tensors().size()) return "number of tensors";
  for (TensorId id = 0; id < a.tensors().size(); ++id) {
    if (differs(a.tensor(id), b.tensor(id))) return fmt::format("tensor {}", id);
  }
  const auto same = [](auto one, auto other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end());
  };
  if (!same(a.registers(), b.registers())) return "registers";
  if (!same(a.semaphores(), b.semaphores())) return "semaphores";
  if (a.size() != b.size()) return fmt::format("{} and {} instructions", a.size(), b.size());
  std::string key_a, key_b;
  for (InstructionId id = 0; id < a.size(); ++id) {
    const Instruction one = a.at(id), other = b.at(id);
    write_form_key(one, key_a);
    write_form_key(other, key_b);
    if (key_a != key_b) return fmt::format("form of instruction {}", id);
    const auto bindings_a = a.bindings(id), bindings_b = b.bindings(id);
    const auto same_binding = [](const Binding& x, const Binding& y) {
      return x.target == y.target && x.offset == y.offset;
    };
    if (!std::equal(bindings_a.begin(), bindings_a.end(), bindings_b.begin(), bindings_b.end(),
                    same_binding)) {
      return fmt::format("bindings of instruction {}", id);
    }
    if (one.name != other.name || one.depends_on != other.depends_on || one.waits != other.waits ||
        one.updates != other.updates || a.sources()[one.source] != b.sources()[other.source]) {
      return fmt::format("rare parts of instruction {}", id);
    }
  }
  return "";
}

}  // namespace switchyard::isa
