#include "neuroncore/hazards.h"

#include <algorithm>
#include <cstdlib>

namespace switchyard::neuroncore {

namespace {

using isa::Buffer;
using isa::Engine;

constexpr std::int64_t kBucketBytes = 2048;  // on chip; a bank of PSUM is one bucket
constexpr std::int64_t kBucketsMin = 256, kBucketsMax = 4096;  // of an HBM tensor that is large

void add_edge(std::vector<Edge>& out, std::uint32_t on, std::uint32_t self, EdgeKind kind) {
  if (on == self) return;
  const auto rank = static_cast<std::uint32_t>(kind);
  for (Edge& edge : out) {
    if (edge.on != on) continue;
    if (rank > edge.kind) edge.kind = rank & 0xf;
    return;
  }
  out.push_back({.on = on & 0xfffffff, .kind = rank & 0xf});
}

// Two instructions of one engine's own stream keep their order in its pipeline.
bool in_pipeline(Agent a, Agent b) { return a == b && !(a & kDmaAgent); }

EdgeKind by_buffer(Buffer buffer, EdgeKind sbuf, EdgeKind psum, EdgeKind hbm) {
  return buffer == Buffer::kSbuf ? sbuf : buffer == Buffer::kPsum ? psum : hbm;
}

std::int64_t size_of(const isa::Access& access) {
  return numeric::traits(access.type).storage_bytes;
}

}  // namespace

Hazards::Hazards(const Prepared& prepared, bool by_bank)
    : prepared_(prepared),
      by_bank_(by_bank),
      own_(prepared.program().tensors().size()),
      registers_(prepared.program().registers().size()) {
  sbuf_.width = psum_.width = kBucketBytes;
}
Hazards::~Hazards() = default;

void Hazards::clear() {
  for (const isa::TensorId id : open_) own_[id].reset();
  open_.clear();
  for (Space* space : {&sbuf_, &psum_}) space->buckets.clear();
  std::fill(registers_.begin(), registers_.end(), Registers{});
  state_ = {};
}

Hazards::Space& Hazards::space_of(isa::TensorId id) {
  const TensorPlace& place = prepared_.place(id);
  if (place.shared) return place.buffer == Buffer::kPsum ? psum_ : sbuf_;
  std::unique_ptr<Space>& own = own_[id];
  if (!own) {
    if (unused_.empty()) {
      own = std::make_unique<Space>();
    } else {
      own = std::move(unused_.back());
      unused_.pop_back();
    }
    own->width = kBucketBytes;
    open_.push_back(id);
  }
  return *own;
}

// Of a tensor that nothing touches any more. Most are small, and their spaces serve again.
void Hazards::close(isa::TensorId id) {
  constexpr std::size_t kKept = 64;
  std::unique_ptr<Space> space = std::move(own_[id]);
  if (!space || space->buckets.size() > kKept || unused_.size() > kKept) return;
  for (Bucket& bucket : space->buckets) {
    bucket.writes.clear();
    bucket.reads.clear();
    bucket.hint = 0;
  }
  space->pitch = 0;
  space->by_column = true;
  unused_.push_back(std::move(space));
}

// The pitch of an HBM tensor is the innermost step of its first access that is not contiguous, else
// its rows as declared, else as long as that access.
void Hazards::open_hbm(Space& space, const isa::Access& access, std::int64_t offset,
                       isa::TensorId id) const {
  const isa::Tensor& tensor = prepared_.program().tensor(id);
  const std::int64_t total = std::max<std::int64_t>(1, tensor.partition_bytes());
  const isa::Access simple = access.collapsed();
  std::int64_t run = size_of(access), pitch = 0;
  for (int i = simple.rank - 1; i >= 0 && pitch == 0; --i) {
    const std::int64_t stride = std::abs(simple.dims[i].stride) * size_of(access);
    if (i == simple.rank - 1 && simple.dims[i].stride == 1) {
      run = simple.dims[i].count * size_of(access);
    } else if (stride > 0) {
      pitch = stride;
    }
  }
  if (pitch == 0 && tensor.shape.size() > 1) {
    pitch = tensor.shape.back() * numeric::traits(tensor.type).storage_bytes;
  }
  if (pitch == 0) pitch = run;
  space.pitch = std::clamp<std::int64_t>(pitch, 1, total);
  // Buckets as large as this access, along the axis on which more of its like fit; but some
  // hundreds of them, should it be much larger than those to come.
  const Rect rect = hbm_rect(access, offset, prepared_.place(id), space);
  const std::int64_t rows = (total + space.pitch - 1) / space.pitch;
  const std::int64_t height = rect.row_end - rect.row, width = rect.column_end - rect.column;
  space.by_column = space.pitch / width > rows / height;
  const std::int64_t axis = space.by_column ? space.pitch : rows;
  const std::int64_t most =
      std::max(axis / kBucketsMin, space.by_column ? kBucketBytes : isa::kPartitions);
  space.width =
      std::clamp(space.by_column ? width : height, std::min(most, axis / kBucketsMax + 1), most);
}

Rect Hazards::hbm_rect(const isa::Access& access, std::int64_t offset, const TensorPlace& place,
                       const Space& space) const {
  const std::int64_t size = size_of(access), pitch = space.pitch;
  std::int64_t low = offset * size, rows = 0, columns = size, reach = size;
  for (int i = 0; i < access.rank; ++i) {
    const std::int64_t stride = std::abs(access.dims[i].stride) * size;
    const std::int64_t steps = std::max<std::int64_t>(0, access.dims[i].count - 1);
    if (access.dims[i].stride < 0) low -= stride * steps;
    reach += stride * steps;
    (stride % pitch == 0 ? rows : columns) +=
        stride % pitch == 0 ? stride / pitch * steps : stride * steps;
  }
  low = std::clamp<std::int64_t>(low, 0, place.partition_bytes);
  const std::int64_t row = low / pitch, column = low % pitch;
  if (column + columns <= pitch) return {row, row + rows + 1, column, column + columns};
  return {row, (low + reach - 1) / pitch + 1, 0, pitch};
}

Rect Hazards::rect_of(const isa::Access& access, std::int64_t offset, isa::TensorId id,
                      Space& space, bool indirect) const {
  const TensorPlace& place = prepared_.place(id);
  if (!isa::is_on_chip(place.buffer)) {
    if (space.pitch == 0) open_hbm(space, access, offset, id);
    if (indirect) return {0, place.partition_bytes / space.pitch + 1, 0, space.pitch};
    return hbm_rect(access, offset, place, space);
  }
  Rect rect{.row = place.partition + access.start_partition,
            .column = place.byte,
            .column_end = place.byte + place.partition_bytes};
  rect.row_end = rect.row + access.partitions;
  if (!indirect) {
    const std::int64_t size = size_of(access);
    const isa::Access::Extent extent = access.extent();
    rect.column = place.byte + (offset + extent.low) * size;
    rect.column_end = place.byte + (offset + extent.high + 1) * size;
  }
  if (place.buffer == Buffer::kPsum && by_bank_) {
    const std::int64_t bank = prepared_.core().limits.psum_bank_bytes();
    rect = {0, isa::kPartitions, rect.column / bank * bank,
            (rect.column_end + bank - 1) / bank * bank};
  }
  return rect;
}

template <class Visit>
void Hazards::for_buckets(Space& space, const Rect& rect, Visit visit) {
  const std::int64_t begin = space.by_column ? rect.column : rect.row;
  const std::int64_t end = space.by_column ? rect.column_end : rect.row_end;
  const auto first = static_cast<std::size_t>(std::max<std::int64_t>(0, begin) / space.width);
  const auto last = static_cast<std::size_t>(std::max<std::int64_t>(1, end) - 1) /
                    static_cast<std::size_t>(space.width);
  if (space.buckets.size() <= last) space.buckets.resize(last + 1);
  for (std::size_t i = first; i <= last; ++i) visit(space.buckets[i]);
}

void Hazards::read(Space& space, const Rect& rect, std::uint32_t at, Agent agent,
                   std::vector<Edge>& out) {
  for_buckets(space, rect, [&](Bucket& bucket) {
    for (const Touch& w : bucket.writes) {
      if (w.rect.overlaps(rect)) add_edge(out, w.at, at, EdgeKind::kRaw);
    }
    const std::size_t count = bucket.reads.size();
    if (bucket.hint >= count) bucket.hint = 0;
    for (std::size_t k = 0; k < count; ++k) {
      const std::size_t i = bucket.hint + k < count ? bucket.hint + k : bucket.hint + k - count;
      Touch& r = bucket.reads[i];
      if (r.agent != agent || !(r.rect == rect)) continue;
      // A later write needs to wait for one reader only: they keep their order.
      add_edge(out, r.at, at, EdgeKind::kOrder);
      r.at = at;
      bucket.hint = i + 1;
      return;
    }
    bucket.reads.push_back({rect, at, agent});
    bucket.hint = 0;
  });
}

bool Hazards::continues_accumulation(const Space& space, const Rect& rect) const {
  const auto bank = static_cast<std::size_t>(rect.column / space.width);
  if (bank >= space.buckets.size()) return false;
  const Bucket& bucket = space.buckets[bank];
  return bucket.reads.empty() && !bucket.writes.empty() &&
         bucket.writes.back().agent == agent_of(Engine::kTensor, false);
}

void Hazards::write(Space& space, const Rect& rect, Buffer buffer, std::uint32_t at, Agent agent,
                    bool accumulates, std::vector<Edge>& out) {
  const EdgeKind war = by_buffer(buffer, EdgeKind::kWar, EdgeKind::kPsumWar, EdgeKind::kHbmWar);
  const EdgeKind waw = by_buffer(buffer, EdgeKind::kWaw, EdgeKind::kPsumWaw, EdgeKind::kHbmWaw);
  for_buckets(space, rect, [&](Bucket& bucket) {
    std::erase_if(bucket.reads, [&](const Touch& r) {
      if (!r.rect.overlaps(rect)) return false;
      add_edge(out, r.at, at, in_pipeline(r.agent, agent) ? EdgeKind::kOrder : war);
      return rect.contains(r.rect);
    });
    std::erase_if(bucket.writes, [&](const Touch& w) {
      if (!w.rect.overlaps(rect)) return false;
      const EdgeKind ordered = accumulates ? EdgeKind::kSequence : EdgeKind::kOrder;
      const EdgeKind apart = accumulates ? EdgeKind::kRaw : waw;
      add_edge(out, w.at, at, in_pipeline(w.agent, agent) ? ordered : apart);
      return rect.contains(w.rect);
    });
    bucket.writes.push_back({rect, at, agent});
  });
}

void Hazards::touch_registers(isa::InstructionId id, std::uint32_t at, std::vector<Edge>& out) {
  const std::span<const isa::Binding> bindings = prepared_.program().bindings(id);
  const FormInfo& form = prepared_.form_of(id);
  for (const bool writing : {false, true}) {
    for (std::size_t k = 0; k < bindings.size(); ++k) {
      const FormBinding& binding = form.bindings[k];
      if (!binding.is_register || !(writing ? binding.writes : binding.reads)) continue;
      Registers& reg = registers_[bindings[k].target];
      if (!writing) {
        if (reg.writer) add_edge(out, reg.writer - 1, at, EdgeKind::kRegister);
        if (reg.reader) add_edge(out, reg.reader - 1, at, EdgeKind::kOrder);
        reg.reader = at + 1;
      } else {
        if (reg.writer) add_edge(out, reg.writer - 1, at, EdgeKind::kSequence);
        if (reg.reader) add_edge(out, reg.reader - 1, at, EdgeKind::kSequence);
        reg = {.writer = at + 1};
      }
    }
  }
}

void Hazards::add(isa::InstructionId id, std::uint32_t at, std::vector<Edge>& out) {
  const isa::Program& program = prepared_.program();
  const FormInfo& info = prepared_.form_of(id);
  const isa::Instruction& form = program.form(program.form_of(id));
  const std::span<const isa::Binding> bindings = program.bindings(id);
  const Cost& cost = prepared_.cost(id);
  const Agent agent = agent_of(prepared_.engine(id), cost.is_dma);
  bool registers = false;
  for (const bool writing : {false, true}) {
    for (std::size_t k = 0; k < bindings.size(); ++k) {
      const FormBinding& binding = info.bindings[k];
      registers |= binding.is_register;
      if (binding.is_register || !(writing ? binding.writes : binding.reads)) continue;
      const isa::TensorId tensor = bindings[k].target;
      const TensorPlace& place = prepared_.place(tensor);
      if (place.constant) continue;
      const bool of_matmul = cost.is_matmul && binding.writes;
      if (of_matmul && !writing) continue;  // what accumulation reads is settled below
      Space& space = space_of(tensor);
      const Rect rect = rect_of(form.operands[binding.operand].access, bindings[k].offset, tensor,
                                space, binding.indirect);
      if (!writing) {
        read(space, rect, at, agent, out);
        continue;
      }
      bool accumulates = binding.reads;
      if (of_matmul) {
        const isa::AttributeValue* given = form.find(isa::AttributeName::kAccumulate);
        const bool* flag = given ? std::get_if<bool>(given) : nullptr;
        accumulates = flag ? *flag : continues_accumulation(space, rect);
      }
      write(space, rect, place.buffer, at, agent, accumulates, out);
    }
  }
  for (std::size_t k = 0; k < bindings.size(); ++k) {
    if (info.bindings[k].is_register) continue;
    if (prepared_.last_use(bindings[k].target) == id) close(bindings[k].target);
  }
  if (registers) touch_registers(id, at, out);
  if (info.keeps_state) {
    std::uint32_t& last = state_[agent];
    if (last) add_edge(out, last - 1, at, EdgeKind::kSequence);
    last = at + 1;
  }
}

}  // namespace switchyard::neuroncore
