// Random valid programs, for tests and fuzzers: the same seed gives the same program everywhere.
//
// They hold every instruction of the generation, all element types, strided, broadcast, reversed
// and indirect accesses, tensors that alias through fixed addresses, groups that accumulate in
// PSUM, loops, registers, edges and semaphores, and end in DMA writes to outputs. Programs that
// initialise what they read have defined values: indices in range, loops that end, no sum onto PSUM
// that no matmul wrote.
#pragma once

#include <cstdint>
#include <vector>

#include "isa/limits.h"
#include "isa/program.h"

namespace switchyard::isa {

struct RandomProgramOptions {
  int instructions = 40;           // about as many of `opcodes`; those that initialise come on top
  std::vector<Opcode> opcodes;     // empty: all that the generation has; loops are `loops`
  bool initialised = true;         // what is read was written before
  bool loops = true;               // for and while
  bool fixed_addresses = true;     // some tensors alias
  bool core_pair = false;          // sendrecv and core_barrier, which need a second core
  std::int64_t elements_max = 96;  // of a partition, about
};

// Contract: `limits` are those of a generation, complete.
Program random_program(std::uint64_t seed, const Limits& limits,
                       const RandomProgramOptions& options = {});

}  // namespace switchyard::isa
