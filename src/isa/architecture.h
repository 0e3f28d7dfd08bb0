// Names of the machine: generations of the NeuronCore, its engines and memories.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"

namespace switchyard::isa {

// NeuronCore-v2 is in Trainium1 and Inferentia2, v3 in Trainium2, v4 in Trainium3.
enum class Generation : std::uint8_t { kV2 = 2, kV3 = 3, kV4 = 4 };

// "v2"; Result by any name of the vendor: v2, gen2, trn1, inf2, v3, gen3, trn2, v4, gen4, trn3.
std::string_view name(Generation generation);
Result<Generation> find_generation(std::string_view name, const std::string& where);

// The instruction streams, in the order in which reports list them, and the DMA engines.
enum class Engine : std::uint8_t { kUnknown, kTensor, kVector, kScalar, kGpSimd, kSync, kDma };
inline constexpr int kEngines = 7;
std::string_view name(Engine engine);  // "tensor"; kUnknown is "unknown"
Result<Engine> find_engine(std::string_view name, const std::string& where);

// A set of engines, the preferred one first where an instruction may run on several.
using EngineList = std::span<const Engine>;

enum class Buffer : std::uint8_t { kSbuf, kPsum, kHbm };
std::string_view name(Buffer buffer);  // "sbuf"
inline bool is_on_chip(Buffer buffer) { return buffer != Buffer::kHbm; }

// Parts of the instruction set's definition, the same in every generation. What differs between
// generations (sizes, clocks, costs) is in the catalog's cores/.
inline constexpr int kPartitions = 128;         // of SBUF and PSUM
inline constexpr int kQuadrantPartitions = 32;  // start partitions are multiples of it
inline constexpr int kPsumBanks = 8;            // of each partition
inline constexpr int kSequencerRegisters = 64;  // 32 bits each
inline constexpr int kPatternDims = 5;          // of an access pattern, partitions included

}  // namespace switchyard::isa
