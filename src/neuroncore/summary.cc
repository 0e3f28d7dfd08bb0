#include "neuroncore/summary.h"

#include <algorithm>
#include <cmath>

namespace switchyard::neuroncore {

namespace {

double seconds(SimTime time) { return static_cast<double>(time.ps()) * 1e-12; }

std::int64_t whole(double value) { return std::llround(value); }

double ratio(double a, double b) { return b > 0 ? a / b : 0; }

class Summary {
 public:
  explicit Summary(const Profile& profile) : p_(profile) {}

  std::vector<SummaryValue> run() {
    times();
    utilisation();
    engines();
    dma();
    bytes();
    return std::move(out_);
  }

 private:
  void add(std::string key, std::int64_t value) { out_.push_back({std::move(key), value}); }
  void add(std::string key, double value) { out_.push_back({std::move(key), value}); }
  void add_active(const std::string& prefix, SimTime busy) {
    add(prefix + "_active_time", seconds(busy));
    add(prefix + "_active_time_percent", p_.share(busy));
  }

  void times() {
    std::int64_t instructions = 0;
    for (const EngineProfile& engine : p_.engines) instructions += engine.instructions;
    add("total_time", seconds(p_.duration));
    add("total_exec_time", seconds(p_.duration - p_.prologue - p_.epilogue));
    add_active("total", p_.active);
    add("neuroncore_cycle_count", whole(seconds(p_.duration) * p_.peaks.clock_hz));
    add("event_count", p_.semaphore_events);
    add("trace_count", p_.semaphore_events + instructions + p_.dma.descriptors);
  }

  void utilisation() {
    const Flops& flops = p_.flops;
    const auto hbm = static_cast<double>(p_.traffic.hbm_read + p_.traffic.hbm_write);
    const double intensity = ratio(static_cast<double>(flops.model()), hbm);
    const double balance = ratio(p_.peaks.matmul_flops_per_s, p_.peaks.hbm_bytes_per_s);
    const double achievable = hbm > 0 ? std::min(1.0, ratio(intensity, balance)) : 1.0;
    add("mfu_estimated_percent", p_.mfu());
    add("mfu_max_achievable_estimated_percent", achievable);
    add("mfu_inst_estimated_percent", p_.mfu());
    add("mfu_inst_max_achievable_estimated_percent", achievable);
    add("hfu_estimated_percent", p_.hfu());
    add("mbu_estimated_percent", p_.mbu());
    add("mbu_min_read_util_percent", ratio(static_cast<double>(p_.traffic.inputs),
                                           seconds(p_.duration) * p_.peaks.hbm_bytes_per_s));
    add("model_flops", flops.model());
    add("hardware_flops", flops.hardware);
    add("transpose_flops", flops.transpose);
    add("adjusted_hardware_flops", whole(flops.adjusted_hardware));
    add("adjusted_transpose_flops", whole(flops.adjusted_transpose));
    add("mm_arithmetic_intensity", intensity);
    add("peak_flops_bandwidth_ratio", balance);
    add("matmul_instruction_count", flops.matmuls + flops.transposes);
  }

  void engines() {
    constexpr const char* kKeys[] = {"tensor", "vector", "scalar", "gpsimd", "sync"};
    for (std::size_t i = 0; i < p_.engines.size(); ++i) {
      const EngineProfile& engine = p_.engines[i];
      const std::string prefix = std::string(kKeys[i]) + "_engine";
      add_active(prefix, engine.busy);
      add(prefix + "_instruction_time", seconds(engine.work));
      add(prefix + "_instruction_count", engine.instructions);
    }
    std::int64_t count = 0;
    SimTime time;
    for (const Site& site : p_.sites) {
      const bool activates = site.opcode == isa::Opcode::kActivation ||
                             site.opcode == isa::Opcode::kActivationReduce ||
                             site.opcode == isa::Opcode::kActivate2;
      if (!activates) continue;
      count += site.executions;
      time += site.work;
    }
    add("activate_instruction_count", count);
    add("activate_instruction_time", seconds(time));
  }

  void dma() {
    const DmaProfile& dma = p_.dma;
    const auto packets = static_cast<double>(dma.descriptors);
    const auto total = static_cast<double>(dma.bytes);
    add_active("dma", dma.busy);
    add("dma_active_cycles", whole(seconds(dma.busy) * p_.peaks.clock_hz));
    add("dma_transfer_count", dma.transfers);
    add("dma_transfer_time", seconds(dma.work));
    add("dma_transfer_total_bytes", dma.bytes);
    add("dma_transfer_average_bytes", ratio(total, static_cast<double>(dma.transfers)));
    add("dma_queue_count", static_cast<std::int64_t>(dma.queues.size()));
    for (int k = 0; k < kDmaKinds; ++k) {
      const DmaKindProfile& kind = dma.kinds[static_cast<std::size_t>(k)];
      const std::string prefix = std::string(name(static_cast<DmaKind>(k))) + "_dma";
      add_active(prefix, kind.busy);
      add(prefix + "_packet_count", kind.descriptors);
      add(prefix + "_packet_percent", ratio(static_cast<double>(kind.descriptors), packets));
      add(prefix + "_size", kind.bytes);
      add(prefix + "_size_percent", ratio(static_cast<double>(kind.bytes), total));
    }
    const DmaKindProfile& fixed = dma.kinds[static_cast<std::size_t>(DmaKind::kStatic)];
    add("dynamic_dma_packet_percent",
        ratio(packets - static_cast<double>(fixed.descriptors), packets));
    add("dynamic_dma_size_percent", ratio(total - static_cast<double>(fixed.bytes), total));
  }

  void bytes() {
    const Traffic& t = p_.traffic;
    add("hbm_read_bytes", t.hbm_read);
    add("hbm_write_bytes", t.hbm_write);
    add("sbuf_read_bytes", t.sbuf_read);
    add("sbuf_write_bytes", t.sbuf_write);
    add("psum_read_bytes", t.psum_read);
    add("psum_write_bytes", t.psum_write);
    add("psum_read_sbuf_write_bytes", t.psum_to_sbuf);
    add("psum_read_sbuf_write_count", t.psum_to_sbuf_count);
    add("spill_save_bytes", t.spill_save);
    add("spill_reload_bytes", t.spill_reload);
    add("inputs_and_weights_size_bytes", t.inputs);
    add("inputs_outputs_weights_size_bytes", t.arguments);
  }

  const Profile& p_;
  std::vector<SummaryValue> out_;
};

}  // namespace

std::vector<SummaryValue> summary(const Profile& profile) { return Summary(profile).run(); }

}  // namespace switchyard::neuroncore
