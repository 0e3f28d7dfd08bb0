// Tensors and access patterns of a random program.
#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "isa/random_builder.h"

namespace switchyard::isa {

namespace {

constexpr std::int64_t kSpanMax = 8192;  // elements: within strides of 16 bits
// Tensors of indices have slots, so that the indices of one instruction do not overlap.
constexpr std::int64_t kIndexSlots = 8, kIndexSpacing = 128, kIndexColumnsMax = 120;

constexpr std::string_view kBufferLetters = "sph";

int storage_bytes(numeric::ElementType type) { return numeric::traits(type).storage_bytes; }

}  // namespace

std::vector<std::int64_t> RandomBuilder::split(std::int64_t count, int rank_max) {
  std::vector<std::int64_t> factors;
  while (static_cast<int>(factors.size()) + 1 < rank_max && chance(0.5)) {
    std::vector<std::int64_t> divisors;
    for (std::int64_t d = 1; d <= count; ++d) {
      if (count % d == 0) divisors.push_back(d);
    }
    const std::int64_t factor = divisors[random_.below(divisors.size())];
    factors.push_back(factor);
    count /= factor;
  }
  factors.push_back(count);
  return factors;
}

RandomBuilder::Shape RandomBuilder::pattern(const Want& want) {
  std::vector<std::int64_t> counts = want.counts;
  if (counts.empty()) {
    counts = split(want.elements, want.rank_max);
    if (!is_on_chip(want.buffer)) counts.insert(counts.begin(), want.partitions);
  }
  Shape shape;
  shape.rank = static_cast<int>(counts.size());
  std::vector<int> order(counts.size());  // innermost last
  std::iota(order.begin(), order.end(), 0);
  if (!want.plain && chance(0.2)) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random_.below(i)]);
  }
  const bool padded = !want.plain && chance(0.5);
  std::int64_t stride = padded ? choose({1, 1, 2, 3}) : 1;
  for (std::size_t i = order.size(); i-- > 0;) {
    const std::int64_t count = counts[order[i]];
    shape.dims[order[i]] = {stride, count};
    stride *= count;
    if (padded) stride += between(0, 3);
  }
  const std::int64_t limit = want.buffer == Buffer::kPsum
                                 ? limits_.psum_bank_bytes() / storage_bytes(want.type)
                                 : kSpanMax;
  if (is_on_chip(want.buffer) && stride > limit) {  // too wide: contiguous
    stride = 1;
    for (int i = shape.rank - 1; i >= 0; --i) {
      shape.dims[i].stride = stride;
      stride *= counts[i];
    }
  }
  Dim& turned = shape.dims[random_.below(counts.size())];
  if (want.plain) {
    // as it is
  } else if (!want.write && chance(0.1)) {
    turned.stride = 0;
  } else if (chance(0.1)) {
    turned.stride = -turned.stride;
  }
  for (int i = 0; i < shape.rank; ++i) {
    const std::int64_t distance = shape.dims[i].stride * (shape.dims[i].count - 1);
    (distance < 0 ? shape.low : shape.high) += distance;
  }
  return shape;
}

int RandomBuilder::start_for(int partitions, bool any) {
  if (gathers_) return 0;
  if (any) return static_cast<int>(between(0, std::min(8, kPartitions - partitions)));
  if (partitions > 64 || chance(0.6)) return 0;
  return partitions > 32 ? choose({0, 64}) : choose({0, 32, 64, 96});
}

bool RandomBuilder::suits(TensorId id, const Want& want, int start, std::int64_t bytes) const {
  const Tensor& tensor = program_.tensor(id);
  if (tensor.partition_bytes() < bytes) return false;
  if (!is_on_chip(want.buffer)) {
    return want.write ? tensor.kind == TensorKind::kInternal : tensor.kind != TensorKind::kOutput;
  }
  if (start + want.partitions > tensor.partitions()) return false;
  const int base = tensor.address ? tensor.address->partition : 0;
  if (gathers_ && base != 0) return false;
  const StartRule rule = want.any_start ? StartRule::kAny : StartRule::kQuadrant;
  return start_allowed(rule, base + start, want.partitions);
}

TensorId RandomBuilder::tensor_for(const Want& want, int start, std::int64_t bytes) {
  const auto& pool = pool_[static_cast<int>(want.buffer)];
  constexpr int kTries = 6;
  const std::int64_t budget = want.buffer == Buffer::kSbuf ? limits_.sbuf_partition_bytes * 2 / 5
                                                           : limits_.psum_partition_bytes / 2;
  const bool full = is_on_chip(want.buffer) &&
                    used_[static_cast<int>(want.buffer)] + 2 * bytes > budget && !chance(0.1);
  if (!pool.empty() && (full || chance(0.6))) {
    const std::size_t first = random_.below(pool.size());
    for (std::size_t i = 0; i < (full ? pool.size() : kTries) && i < pool.size(); ++i) {
      const TensorId id = pool[(first + i) % pool.size()];
      if (suits(id, want, start, bytes)) return id;
    }
  }
  return new_tensor(want, start, bytes);
}

TensorId RandomBuilder::new_tensor(const Want& want, int start, std::int64_t bytes) {
  const int space = static_cast<int>(want.buffer);
  Tensor tensor;
  tensor.name = fmt::format("{}{}", kBufferLetters[space], serial_++);
  tensor.buffer = want.buffer;
  tensor.type = want.type;
  // Another type of the same size now and then, so that accesses reinterpret.
  if (chance(0.2)) {
    for (int i = 0; i < 8 && tensor.type == want.type; ++i) {
      const auto other =
          static_cast<numeric::ElementType>(random_.below(numeric::element_types().size()));
      if (storage_bytes(other) == storage_bytes(want.type)) tensor.type = other;
    }
  }
  const int size = storage_bytes(tensor.type);
  const std::int64_t bank = limits_.psum_bank_bytes();
  std::int64_t columns = (bytes + size - 1) / size;
  if (chance(0.5)) columns += between(0, columns / 2 + 1);
  if (want.buffer == Buffer::kPsum) columns = std::min(columns, bank / size);
  if (!is_on_chip(want.buffer)) {
    tensor.shape = {columns};
    if (!want.write && chance(0.6)) tensor.kind = TensorKind::kInput;
    const TensorId id = program_.add_tensor(tensor);
    pool_[space].push_back(id);
    if (tensor.kind == TensorKind::kInternal) initialise(id);
    return id;
  }
  int rows = start + want.partitions;
  if (chance(0.5)) rows = static_cast<int>(between(rows, kPartitions));
  tensor.shape = {rows, columns};
  const std::int64_t taken = columns * size;
  const std::int64_t capacity =
      want.buffer == Buffer::kSbuf ? limits_.sbuf_partition_bytes : limits_.psum_partition_bytes;
  const std::int64_t whole = want.buffer == Buffer::kPsum ? bank : (taken + 63) / 64 * 64;
  const bool full = used_[space] + whole > capacity * 2 / 5;
  if (full || (options_.fixed_addresses && chance(0.3))) {
    tensor.address.emplace();
    if (start == 0 && rows <= 32 && !gathers_) tensor.address->partition = choose({0, 32, 64, 96});
    if (start == 0 && rows > 32 && rows <= 64 && !gathers_) {
      tensor.address->partition = choose({0, 64});
    }
    tensor.address->byte = capacity / 2;  // the others are below
    if (want.buffer == Buffer::kPsum) {
      tensor.address->byte += between(0, kPsumBanks / 2 - 1) * bank;
      tensor.address->byte += between(0, (bank - taken) / 4) * 4;
    } else {
      const std::int64_t room = (capacity / 2 - taken) / 64;
      tensor.address->byte += between(0, std::min<std::int64_t>(16, room)) * 64;
    }
  } else {
    used_[space] += whole;
  }
  const TensorId id = program_.add_tensor(tensor);
  pool_[space].push_back(id);
  initialise(id);
  return id;
}

Access RandomBuilder::whole_input(numeric::ElementType type, std::vector<std::int64_t> shape) {
  const TensorId id = program_.add_tensor({.name = fmt::format("a{}", serial_++),
                                           .buffer = Buffer::kHbm,
                                           .type = type,
                                           .shape = std::move(shape),
                                           .kind = TensorKind::kInput});
  return program_.tensor(id).all(id);
}

// Writes all of a tensor: a constant, or an input of the program.
void RandomBuilder::initialise(TensorId id) {
  if (!options_.initialised) return;
  const Tensor tensor = program_.tensor(id);
  const bool by_dma =
      tensor.buffer == Buffer::kHbm || (tensor.buffer == Buffer::kSbuf && chance(0.5));
  Instruction write;
  write.opcode = by_dma ? Opcode::kDmaCopy : Opcode::kMemset;
  Operand dst;
  dst.access = tensor.all(id);
  write.operands.push_back(dst);
  if (by_dma) {
    Operand src;
    src.name = OperandName::kSrc;
    src.access = whole_input(tensor.type, tensor.shape);
    write.operands.push_back(src);
  } else if (contains(kIntegerTypes, tensor.type)) {
    write.attributes.push_back({AttributeName::kValue, between(0, 5)});
  } else {
    write.attributes.push_back(
        {AttributeName::kValue, numeric::is_packed(tensor.type) ? 0.0 : number()});
  }
  program_.append(write);
}

Access RandomBuilder::access(const Want& want) {
  const Shape shape = pattern(want);
  const int size = storage_bytes(want.type);
  const bool on_chip = is_on_chip(want.buffer);
  const int start = on_chip ? start_for(want.partitions, want.any_start) : 0;
  const std::int64_t bytes = (shape.high - shape.low + 1) * size;
  Access out;
  out.tensor = tensor_for(want, start, bytes);
  out.type = want.type;
  out.rank = static_cast<std::uint8_t>(shape.rank);
  out.dims = shape.dims;
  if (on_chip) {
    out.start_partition = static_cast<std::int16_t>(start);
    out.partitions = static_cast<std::int16_t>(want.partitions);
  }
  const std::int64_t room = program_.tensor(out.tensor).partition_bytes() / size;
  out.offset = -shape.low + between(0, room - (shape.high - shape.low) - 1);
  if (!want.fixed_place && !gathers_ && chance(0.06)) {
    make_dynamic(out, room - 1 - (out.offset + shape.high));
  }
  return out;
}

// A start that a register or a tensor gives at run time, up to `room` elements on.
void RandomBuilder::make_dynamic(Access& access, std::int64_t room) {
  const std::int64_t step = between(1, 3);
  const std::int64_t limit_max = std::min<std::int64_t>(4, room / step + 1);
  const std::int64_t limit = between(1, limit_max);
  access.indirection = {.kind = IndirectKind::kRegister, .step = step, .limit = limit};
  if (!counters.empty() && counter_limits.back() <= limit_max && chance(0.7)) {
    access.indirection.reg = counters.back();
    access.indirection.limit = counter_limits.back();
    return;
  }
  if (!indexed_by_register_ && chance(0.5)) {
    indexed_by_register_ = true;
    access.indirection.reg = reg();
    set_register(access.indirection.reg, between(0, limit - 1));
    return;
  }
  access.indirection.kind = IndirectKind::kScalar;
  access.indirection.operand = static_cast<std::uint8_t>(index_count());
  add_index(
      indices(choose({numeric::ElementType::kUint32, numeric::ElementType::kInt32}), 1, 1, limit));
}

Access RandomBuilder::indices(numeric::ElementType type, int partitions, std::int64_t columns,
                              std::int64_t limit, bool unique) {
  const bool narrow = storage_bytes(type) == 2;
  std::optional<TensorId>& held = index_tensors_[narrow ? 1 : 0];
  if (!held) {
    held = program_.add_tensor(
        {.name = narrow ? "index16" : "index32",
         .buffer = Buffer::kSbuf,
         .type = narrow ? numeric::ElementType::kUint16 : numeric::ElementType::kUint32,
         .shape = {kPartitions, kIndexSlots * kIndexSpacing}});
  }
  SWITCHYARD_CHECK(columns <= kIndexColumnsMax, "{} columns of indices", columns);
  Access access{.tensor = *held, .type = type, .rank = 1};
  access.start_partition = static_cast<std::int16_t>(start_for(partitions, false));
  access.partitions = static_cast<std::int16_t>(partitions);
  access.offset =
      next_slot_++ % kIndexSlots * kIndexSpacing + between(0, kIndexSpacing - kIndexColumnsMax);
  access.dims[0] = {1, columns};
  // offset + partition * multiplier + column * step stays below the limit.
  std::int64_t left = limit - 1;
  const std::int64_t multiplier =
      partitions > 1 ? between(unique ? 1 : 0, left / (partitions - 1)) : 0;
  left -= multiplier * (partitions - 1);
  const std::int64_t step = columns > 1 ? between(0, left / (columns - 1)) : 0;
  left -= step * (columns - 1);
  Instruction write;
  write.opcode = Opcode::kIota;
  Operand dst;
  dst.access = access;
  write.operands = {dst};
  write.attributes = {{AttributeName::kPattern, std::vector<std::int64_t>{step, columns}},
                      {AttributeName::kOffset, between(0, left)},
                      {AttributeName::kChannelMultiplier, multiplier}};
  program_.append(write);
  return access;
}

// Every tensor on chip, whole, to an output of its own; PSUM through SBUF.
void RandomBuilder::write_outputs() {
  for (const Buffer buffer : {Buffer::kSbuf, Buffer::kPsum}) {
    const std::vector<TensorId> pool = pool_[static_cast<int>(buffer)];
    for (const TensorId id : pool) {
      const Tensor tensor = program_.tensor(id);
      TensorId from = id;
      if (buffer == Buffer::kPsum) {
        from = program_.add_tensor({.name = fmt::format("s{}", serial_++),
                                    .buffer = Buffer::kSbuf,
                                    .type = tensor.type,
                                    .shape = tensor.shape});
        start(Opcode::kTensorCopy, Engine::kVector);
        place(OperandName::kDst, program_.tensor(from).all(from));
        place(OperandName::kSrc, tensor.all(id));
        finish();
      }
      const TensorId to = program_.add_tensor({.name = fmt::format("o{}", serial_++),
                                               .buffer = Buffer::kHbm,
                                               .type = tensor.type,
                                               .shape = tensor.shape,
                                               .kind = TensorKind::kOutput});
      start(Opcode::kDmaCopy);
      place(OperandName::kDst, program_.tensor(to).all(to));
      place(OperandName::kSrc, program_.tensor(from).all(from));
      finish();
    }
  }
}

}  // namespace switchyard::isa
