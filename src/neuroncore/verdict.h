// Plain words on a profile: what bounds the kernel, by how much, and what would help.
//
// Rules with thresholds, each from the vendor's tuning guides where they give one. The gain of a
// recommendation is an upper bound: the time on the critical path that it could remove, or, for
// waits, an engine's time, but never below what the busiest resource needs.
#pragma once

#include "neuroncore/profile.h"

namespace switchyard::neuroncore {

// Of a profile that is complete but for its verdict.
Verdict make_verdict(const Profile& profile, const isa::Program& program);

// "nc_matmul at kernel.py:12"; where the program has no line "nc_matmul dst=sum (instruction 2)",
// of the site's first execution.
std::string describe(const Site& site, const isa::Program& program);

// Why a wait of the path was: the reason's name, or the start of a DMA.
std::string wait_name(const PathPart& part);

}  // namespace switchyard::neuroncore
