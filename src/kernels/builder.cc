#include "kernels/builder.h"

#include <algorithm>

#include "base/check.h"

namespace switchyard::kernels {

namespace {

using enum isa::OperandName;
using isa::AttributeName;
using isa::Engine;
using isa::Opcode;

isa::Operand operand(isa::OperandName name, const Tile& tile) {
  return {.name = name, .access = tile.access};
}

isa::Operand operand(isa::OperandName name, const Scalar& scalar) {
  if (const Tile* tile = std::get_if<Tile>(&scalar)) return operand(name, *tile);
  return {.name = name, .kind = isa::OperandKind::kNumber, .number = std::get<double>(scalar)};
}

}  // namespace

Tile Tile::partitions(int first, int count) const {
  Tile out = *this;
  out.access.start_partition = static_cast<std::int16_t>(access.start_partition + first);
  out.access.partitions = static_cast<std::int16_t>(count);
  return out;
}

Tile Tile::columns(std::int64_t first, std::int64_t count) const {
  SWITCHYARD_CHECK(access.rank == 1, "columns of a tile of {} free dims", access.rank);
  Tile out = *this;
  out.access.offset += first * access.dims[0].stride;
  out.access.dims[0].count = count;
  return out;
}

Tile Tile::blocks(std::int64_t first, std::int64_t pitch, std::int64_t count,
                  std::int64_t width) const {
  SWITCHYARD_CHECK(access.rank == 1, "blocks of a tile of {} free dims", access.rank);
  Tile out = *this;
  const std::int64_t stride = access.dims[0].stride;
  out.access.offset += first * stride;
  out.access.rank = 2;
  out.access.dims[0] = {pitch * stride, count};
  out.access.dims[1] = {stride, width};
  return out;
}

Tile Tile::every(std::int64_t first, std::int64_t step, std::int64_t count) const {
  Tile out = columns(first, count);
  out.access.dims[0].stride *= step;
  return out;
}

Tile Tile::repeated(std::int64_t times) const {
  Tile out = blocks(0, 1, access.dims[0].count, times);
  out.access.dims[1].stride = 0;
  return out;
}

Tile Matrix::block(std::int64_t row, std::int64_t row_count, std::int64_t column,
                   std::int64_t column_count) const {
  Tile out{.access = {.tensor = tensor, .type = type, .rank = 2}};
  out.access.offset = offset + row * pitch + column;
  out.access.dims[0] = {pitch, row_count};
  out.access.dims[1] = {1, column_count};
  return out;
}

Tile Matrix::row_tiles(std::int64_t row, std::int64_t tile_rows, std::int64_t tiles,
                       std::int64_t column, std::int64_t column_count) const {
  Tile out{.access = {.tensor = tensor, .type = type, .rank = 3}};
  out.access.offset = offset + row * pitch + column;
  out.access.dims[0] = {pitch, tile_rows};
  out.access.dims[1] = {pitch * tile_rows, tiles};
  out.access.dims[2] = {1, column_count};
  return out;
}

Tile Matrix::row_groups(std::int64_t row, std::int64_t groups, std::int64_t size) const {
  SWITCHYARD_CHECK(pitch == columns, "rows of {} elements {} apart", columns, pitch);
  Tile out{.access = {.tensor = tensor, .type = type, .rank = 2}};
  out.access.offset = offset + row * pitch;
  out.access.dims[0] = {size * pitch, groups};
  out.access.dims[1] = {1, size * columns};
  return out;
}

Matrix Matrix::part(std::int64_t row, std::int64_t row_count, std::int64_t column,
                    std::int64_t column_count) const {
  Matrix out = *this;
  out.rows = row_count;
  out.columns = column_count;
  out.offset += row * pitch + column;
  return out;
}

isa::TensorId Builder::declare(const std::string& name, isa::Buffer buffer, ElementType type,
                               std::int64_t rows, std::int64_t columns, isa::TensorKind kind) {
  return program_.add_tensor(
      {.name = name.empty() ? "t" + std::to_string(program_.tensors().size()) : name,
       .buffer = buffer,
       .type = type,
       .shape = {rows, columns},
       .kind = kind,
       .address = {}});
}

Tile Builder::sbuf(ElementType type, std::int64_t partitions, std::int64_t columns) {
  const isa::TensorId id =
      declare("", isa::Buffer::kSbuf, type, partitions, columns, isa::TensorKind::kInternal);
  return {program_.tensor(id).all(id)};
}

Tile Builder::psum(std::int64_t partitions, std::int64_t columns, ElementType type) {
  const isa::TensorId id =
      declare("", isa::Buffer::kPsum, type, partitions, columns, isa::TensorKind::kInternal);
  return {program_.tensor(id).all(id)};
}

Matrix Builder::hbm(const std::string& name, ElementType type, std::int64_t rows,
                    std::int64_t columns, isa::TensorKind kind) {
  const auto known = hbm_.find(name);
  if (known != hbm_.end()) return known->second;
  const Matrix matrix{.tensor = declare(name, isa::Buffer::kHbm, type, rows, columns, kind),
                      .type = type,
                      .rows = rows,
                      .columns = columns,
                      .pitch = columns};
  hbm_.emplace(name, matrix);
  return matrix;
}

void Builder::append(Opcode opcode, Engine engine, std::vector<isa::Operand> operands,
                     std::vector<isa::Attribute> attributes) {
  program_.append({.opcode = opcode,
                   .engine = engine,
                   .operands = std::move(operands),
                   .attributes = std::move(attributes),
                   .source = source_});
}

void Builder::dma(const Tile& dst, const Tile& src) {
  append(Opcode::kDmaCopy, Engine::kSync, {operand(kDst, dst), operand(kSrc, src)});
}

void Builder::gather_rows(const Tile& dst, const Matrix& table, const Matrix& index,
                          std::int64_t first) {
  const int count = dst.partition_count();
  if (generation() == isa::Generation::kV2) {
    for (int i = 0; i < count; ++i) {
      const isa::RegisterId reg = program_.add_register("row");
      const isa::Operand target{.name = kDst, .kind = isa::OperandKind::kRegister, .reg = reg};
      append(Opcode::kRegisterLoad, Engine::kSync,
             {target, operand(kSrc, index.block(first + i, 1, 0, 1))});
      Tile row = table.block(0, 1, 0, table.columns);
      row.access.indirection = {.kind = isa::IndirectKind::kRegister,
                                .reg = reg,
                                .step = table.pitch,
                                .limit = table.rows};
      dma(dst.partitions(i, 1), row);
    }
    return;
  }
  const Tile loaded = sbuf(ElementType::kInt32, count, 1);
  dma(loaded, index.block(first, count, 0, 1));
  Tile rows = table.block(0, count, 0, table.columns);
  rows.access.indirection = {.kind = isa::IndirectKind::kVector,
                             .operand = 2,
                             .dim = 0,
                             .step = table.pitch,
                             .limit = table.rows};
  append(Opcode::kDmaCopy, Engine::kGpSimd,
         {operand(kDst, dst), operand(kSrc, rows), operand(kIndirectIndex, loaded)});
}

void Builder::memset(const Tile& dst, double value) {
  append(Opcode::kMemset, Engine::kVector, {operand(kDst, dst)}, {{AttributeName::kValue, value}});
}

void Builder::copy(const Tile& dst, const Tile& src, Engine engine) {
  if (engine == Engine::kScalar) return activation(dst, src, isa::Op::kCopy);
  append(Opcode::kTensorCopy, engine, {operand(kDst, dst), operand(kSrc, src)});
}

void Builder::tensor_tensor(const Tile& dst, const Tile& a, const Tile& b, isa::Op op) {
  append(Opcode::kTensorTensor, Engine::kVector,
         {operand(kDst, dst), operand(kData1, a), operand(kData2, b)}, {{AttributeName::kOp, op}});
}

void Builder::tensor_scalar(const Tile& dst, const Tile& data, isa::Op op0,
                            const Scalar& operand0) {
  append(Opcode::kTensorScalar, Engine::kVector,
         {operand(kDst, dst), operand(kData, data), operand(kOperand0, operand0)},
         {{AttributeName::kOp0, op0}});
}

void Builder::tensor_scalar(const Tile& dst, const Tile& data, isa::Op op0, const Scalar& operand0,
                            isa::Op op1, const Scalar& operand1) {
  append(Opcode::kTensorScalar, Engine::kVector,
         {operand(kDst, dst), operand(kData, data), operand(kOperand0, operand0),
          operand(kOperand1, operand1)},
         {{AttributeName::kOp0, op0}, {AttributeName::kOp1, op1}});
}

void Builder::scalar_tensor_tensor(const Tile& dst, const Tile& data, isa::Op op0,
                                   const Scalar& operand0, isa::Op op1, const Tile& operand1) {
  append(Opcode::kScalarTensorTensor, Engine::kVector,
         {operand(kDst, dst), operand(kData, data), operand(kOperand0, operand0),
          operand(kOperand1, operand1)},
         {{AttributeName::kOp0, op0}, {AttributeName::kOp1, op1}});
}

void Builder::activation(const Tile& dst, const Tile& data, isa::Op op, double scale,
                         const std::optional<Tile>& bias) {
  std::vector<isa::Operand> operands = {operand(kDst, dst), operand(kData, data)};
  if (bias) operands.push_back(operand(kBias, *bias));
  if (scale != 1) operands.push_back(operand(kScale, Scalar(scale)));
  append(Opcode::kActivation, Engine::kScalar, std::move(operands), {{AttributeName::kOp, op}});
}

void Builder::activation_sum(const Tile& dst, const Tile& data, isa::Op op, double scale,
                             const std::optional<Tile>& bias, const Tile& sum) {
  std::vector<isa::Operand> operands = {operand(kDst, dst), operand(kData, data),
                                        operand(kReduceRes, sum)};
  if (bias) operands.push_back(operand(kBias, *bias));
  if (scale != 1) operands.push_back(operand(kScale, Scalar(scale)));
  append(Opcode::kActivationReduce, Engine::kScalar, std::move(operands),
         {{AttributeName::kOp, op}, {AttributeName::kReduceOp, isa::Op::kAdd}});
}

void Builder::reduce(const Tile& dst, const Tile& data, isa::Op op) {
  std::vector<std::int64_t> axes;
  for (int axis = 1; axis <= data.access.rank; ++axis) axes.push_back(axis);
  append(Opcode::kTensorReduce, Engine::kVector, {operand(kDst, dst), operand(kData, data)},
         {{AttributeName::kOp, op}, {AttributeName::kAxis, std::move(axes)}});
}

void Builder::reciprocal(const Tile& dst, const Tile& data) {
  append(Opcode::kReciprocal, Engine::kVector, {operand(kDst, dst), operand(kData, data)});
}

void Builder::matmul(const Tile& dst, const Tile& stationary, const Tile& moving, bool accumulate) {
  append(Opcode::kNcMatmul, Engine::kTensor,
         {operand(kDst, dst), operand(kStationary, stationary), operand(kMoving, moving)},
         {{AttributeName::kAccumulate, accumulate}});
}

void Builder::matmul_mx(const Tile& dst, const Tile& stationary, const Tile& stationary_scale,
                        const Tile& moving, const Tile& moving_scale, bool accumulate) {
  append(Opcode::kNcMatmulMx, Engine::kTensor,
         {operand(kDst, dst), operand(kStationary, stationary), operand(kMoving, moving),
          operand(kStationaryScale, stationary_scale), operand(kMovingScale, moving_scale)},
         {{AttributeName::kAccumulate, accumulate}});
}

void Builder::quantize_mx(const Tile& dst, const Tile& src, const Tile& dst_scale) {
  append(Opcode::kQuantizeMx, Engine::kVector,
         {operand(kDst, dst), operand(kSrc, src), operand(kDstScale, dst_scale)});
}

void Builder::transpose(const Tile& dst, const Tile& data) {
  append(Opcode::kNcTranspose, Engine::kTensor, {operand(kDst, dst), operand(kData, data)});
}

void Builder::select_at_least_zero(const Tile& dst, const Tile& data, std::int64_t offset,
                                   std::int64_t multiplier, std::int64_t step, double fill) {
  append(Opcode::kAffineSelect, Engine::kGpSimd, {operand(kDst, dst), operand(kOnTrueTile, data)},
         {{AttributeName::kPattern, std::vector<std::int64_t>{step, data.elements()}},
          {AttributeName::kOffset, offset},
          {AttributeName::kChannelMultiplier, multiplier},
          {AttributeName::kOnFalseValue, fill},
          {AttributeName::kCmpOp, isa::Op::kGreaterEqual}});
}

int tile_rows(std::int64_t size) {
  SWITCHYARD_CHECK(size > 0, "a size of {}", size);
  for (std::int64_t rows = std::min<std::int64_t>(size, isa::kPartitions); rows > 1; --rows) {
    if (size % rows == 0) return static_cast<int>(rows);
  }
  return 1;
}

}  // namespace switchyard::kernels
