// Writes NeuronCore programs: tiles as operands, and one function an instruction in use.
//
// A Builder appends to an isa::Program and checks nothing; isa::validate does, and the tests of
// each kernel call it for every generation. Tiles are two-dimensional views, partitions by free
// elements, of tensors that the Builder declares without addresses: the allocator places them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "isa/program.h"

namespace switchyard::kernels {

using numeric::ElementType;

// float32 of a PSUM bank, and so what one matmul can write to a partition [nki.isa nc_matmul:
// moving of up to 512].
inline constexpr std::int64_t kBankColumns = 512;

// Partitions by elements of one on-chip tensor, or rows by elements of one in HBM.
struct Tile {
  isa::Access access;

  int partition_count() const { return access.partitions; }
  std::int64_t elements() const { return access.elements_per_partition(); }
  // Contract: in range; but for partitions(), this tile has one free dim. `first` counts from this
  // tile's own.
  Tile partitions(int first, int count) const;
  Tile columns(std::int64_t first, std::int64_t count) const;
  // `count` blocks of `width` columns whose starts are `pitch` apart; pitch 0 repeats one block.
  Tile blocks(std::int64_t first, std::int64_t pitch, std::int64_t count, std::int64_t width) const;
  Tile every(std::int64_t first, std::int64_t step, std::int64_t count) const;  // columns
  Tile repeated(std::int64_t times) const;  // each column `times` times in a row
};

// A row-major matrix in HBM, or a part of a tensor seen as one.
struct Matrix {
  isa::TensorId tensor = 0;
  ElementType type = ElementType::kFloat32;
  std::int64_t rows = 0, columns = 0;
  std::int64_t pitch = 0;   // elements between rows
  std::int64_t offset = 0;  // of the first element in the tensor

  Tile block(std::int64_t row, std::int64_t row_count, std::int64_t column,
             std::int64_t column_count) const;
  // Row tiles: tile_rows partitions, each holding `tiles` pieces of column_count elements; piece i
  // of partition r comes from row `row + i * tile_rows + r`.
  Tile row_tiles(std::int64_t row, std::int64_t tile_rows, std::int64_t tiles, std::int64_t column,
                 std::int64_t column_count) const;
  // Neighbouring rows in `groups` of `size` each, all columns. Contract: pitch is columns.
  Tile row_groups(std::int64_t row, std::int64_t groups, std::int64_t size) const;
  Matrix part(std::int64_t row, std::int64_t row_count, std::int64_t column,
              std::int64_t column_count) const;
};

// A number for all partitions, or a [P, 1] tile with one each.
using Scalar = std::variant<double, Tile>;

class Builder {
 public:
  explicit Builder(isa::Generation generation) : program_(generation) {}

  isa::Program& program() { return program_; }
  const isa::Program& program() const { return program_; }
  isa::Generation generation() const { return program_.generation(); }

  Tile sbuf(ElementType type, std::int64_t partitions, std::int64_t columns);
  Tile psum(std::int64_t partitions, std::int64_t columns,
            ElementType type = ElementType::kFloat32);
  // The tensor of that name, declared when first asked for.
  Matrix hbm(const std::string& name, ElementType type, std::int64_t rows, std::int64_t columns,
             isa::TensorKind kind = isa::TensorKind::kInput);

  // Instructions that follow belong to this part of the model: their source in profiles.
  void section(const std::string& name) { source_ = program_.add_source(name); }

  void dma(const Tile& dst, const Tile& src);
  // Row i of dst is row index[first + i] of the table; index is int32 [n, 1]. One gathering DMA, on
  // NeuronCore-v2, which has none, one a row.
  void gather_rows(const Tile& dst, const Matrix& table, const Matrix& index, std::int64_t first);
  void memset(const Tile& dst, double value);
  void copy(const Tile& dst, const Tile& src, isa::Engine engine = isa::Engine::kVector);
  void tensor_tensor(const Tile& dst, const Tile& a, const Tile& b, isa::Op op);
  void tensor_scalar(const Tile& dst, const Tile& data, isa::Op op0, const Scalar& operand0);
  void tensor_scalar(const Tile& dst, const Tile& data, isa::Op op0, const Scalar& operand0,
                     isa::Op op1, const Scalar& operand1);
  // dst = (data op0 operand0) op1 operand1
  void scalar_tensor_tensor(const Tile& dst, const Tile& data, isa::Op op0, const Scalar& operand0,
                            isa::Op op1, const Tile& operand1);
  // dst = op(data * scale + bias)
  void activation(const Tile& dst, const Tile& data, isa::Op op, double scale = 1,
                  const std::optional<Tile>& bias = std::nullopt);
  // The same, with the sum of each partition's results in the [P, 1] tile `sum`.
  void activation_sum(const Tile& dst, const Tile& data, isa::Op op, double scale,
                      const std::optional<Tile>& bias, const Tile& sum);
  // Over the free elements of each partition.
  void reduce(const Tile& dst, const Tile& data, isa::Op op);
  void reciprocal(const Tile& dst, const Tile& data);
  // dst = stationary^T moving, added to dst or overwriting it.
  void matmul(const Tile& dst, const Tile& stationary, const Tile& moving, bool accumulate);
  // The same of packed words, each operand with its scales.
  void matmul_mx(const Tile& dst, const Tile& stationary, const Tile& stationary_scale,
                 const Tile& moving, const Tile& moving_scale, bool accumulate);
  void quantize_mx(const Tile& dst, const Tile& src, const Tile& dst_scale);
  void transpose(const Tile& dst, const Tile& data);  // by TensorE, into PSUM
  // dst = data where offset + multiplier * partition + step * column >= 0, else `fill`.
  void select_at_least_zero(const Tile& dst, const Tile& data, std::int64_t offset,
                            std::int64_t multiplier, std::int64_t step, double fill);

 private:
  void append(isa::Opcode opcode, isa::Engine engine, std::vector<isa::Operand> operands,
              std::vector<isa::Attribute> attributes = {});
  isa::TensorId declare(const std::string& name, isa::Buffer buffer, ElementType type,
                        std::int64_t rows, std::int64_t columns, isa::TensorKind kind);

  isa::Program program_;
  std::map<std::string, Matrix, std::less<>> hbm_;
  isa::SourceId source_ = 0;
};

// The most partitions that cut `size` into equal tiles: its largest divisor up to 128.
int tile_rows(std::int64_t size);

}  // namespace switchyard::kernels
