// One random instruction of each opcode. Internal to isa/.
#pragma once

#include <span>

#include "isa/random_builder.h"

namespace switchyard::isa {

struct RandomRow {
  Opcode opcode;
  void (*make)(RandomBuilder&);
};

std::span<const RandomRow> random_vector_rows();  // random_vector.cc: engines on elements
std::span<const RandomRow>
random_search_rows();  // random_search.cc: search, gather, random numbers
std::span<const RandomRow> random_moving_rows();  // random_moving.cc: DMA, products, registers

inline constexpr TypeSet kPlainTypes =
    kIntegerTypes | kFloatTypes |
    set_of({numeric::ElementType::kFloat4E2m1fn, numeric::ElementType::kFloat8E8m0fnu,
            numeric::ElementType::kBool});

// A shape, and whether tiles of it may stand in PSUM too.
struct RandomShape {
  int partitions;
  std::int64_t elements;
  bool psum;

  explicit RandomShape(RandomBuilder& b, bool psum_allowed = true)
      : partitions(b.partitions()), elements(b.elements()), psum(psum_allowed) {}
  Want tile(RandomBuilder& b, TypeSet types, bool write) const {
    return {.buffer = psum && b.chance(0.25) ? Buffer::kPsum : Buffer::kSbuf,
            .type = b.type_of(types),
            .partitions = partitions,
            .elements = elements,
            .write = write};
  }
  // A result of one value a partition.
  Want single(RandomBuilder& b, TypeSet types) const {
    Want want = tile(b, types, true);
    want.elements = 1;
    return want;
  }
};

}  // namespace switchyard::isa
