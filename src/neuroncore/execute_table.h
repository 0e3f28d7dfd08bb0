// The functions that execute instructions, a list a family. Internal to neuroncore/.
#pragma once

#include <span>

#include "neuroncore/execute.h"

namespace switchyard::neuroncore {

struct HandlerRow {
  isa::Opcode opcode;
  Handler handler;
};

std::span<const HandlerRow> dma_handlers();          // execute_dma.cc
std::span<const HandlerRow> matmul_handlers();       // execute_matmul.cc
std::span<const HandlerRow> elementwise_handlers();  // execute_elementwise.cc
std::span<const HandlerRow> reduce_handlers();       // execute_reduce.cc
std::span<const HandlerRow> activation_handlers();   // execute_activation.cc
std::span<const HandlerRow> select_handlers();       // execute_select.cc
std::span<const HandlerRow> search_handlers();       // execute_search.cc
std::span<const HandlerRow> gather_handlers();       // execute_gather.cc
std::span<const HandlerRow> random_handlers();       // execute_random.cc
std::span<const HandlerRow> sequencer_handlers();    // execute_sequencer.cc

}  // namespace switchyard::neuroncore
