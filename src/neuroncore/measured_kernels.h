// Kernels of which a time on hardware is published, written as programs: what schedule is held to.
//
// Loops are unrolled and tiles of an iteration are tensors of their own, as in their sources.
#pragma once

#include "neuroncore/schedule_programs.h"

namespace switchyard::neuroncore {

// In the memory that the core has.
inline double microseconds(const isa::Program& program, Policy policy) {
  const Core& core = core_of(program.generation());
  const Allocation allocation = allocate(program, core.limits);
  SWITCHYARD_CHECK(!allocation.fault, "{}", to_text(*allocation.fault));
  const ScheduleOptions options{.policy = policy, .allocation = &allocation};
  return schedule(program, core, options).duration.ns() * 1e-3;
}

// c = a + b over `count` float32, a chunk of at most 128 elements, one a partition, at a time.
inline isa::Program vector_add_chunks(isa::Generation generation, std::int64_t count,
                                      std::int64_t chunk) {
  using Type = numeric::ElementType;
  ProgramBuilder b(generation);
  const isa::TensorId x = b.input(Type::kFloat32, {count}), y = b.input(Type::kFloat32, {count}),
                      z = b.output(Type::kFloat32, {count});
  const auto part = [&](isa::TensorId id, std::int64_t at) {
    isa::Access access{.tensor = id, .type = Type::kFloat32, .rank = 1, .offset = at};
    access.dims[0] = {1, chunk};
    return access;
  };
  for (std::int64_t at = 0; at < count; at += chunk) {
    const isa::TensorId p = b.sbuf(Type::kFloat32, {chunk, 1}),
                        q = b.sbuf(Type::kFloat32, {chunk, 1}),
                        r = b.sbuf(Type::kFloat32, {chunk, 1});
    b.dma(b.all(p), part(x, at));
    b.dma(b.all(q), part(y, at));
    b.tensor_tensor(b.all(r), b.all(p), b.all(q));
    b.dma(part(z, at), b.all(r));
  }
  return std::move(b.program);
}

// The same over a [128, columns] view, `free` columns at a time.
inline isa::Program vector_add_stream(isa::Generation generation, std::int64_t columns,
                                      std::int64_t free) {
  using Type = numeric::ElementType;
  constexpr std::int64_t kRows = isa::kPartitions;
  ProgramBuilder b(generation);
  const ProgramBuilder::Shape shape = {kRows, columns};
  const isa::TensorId x = b.input(Type::kFloat32, shape), y = b.input(Type::kFloat32, shape),
                      z = b.output(Type::kFloat32, shape);
  for (std::int64_t at = 0; at < columns; at += free) {
    const isa::TensorId p = b.sbuf(Type::kFloat32, {kRows, free}),
                        q = b.sbuf(Type::kFloat32, {kRows, free}),
                        r = b.sbuf(Type::kFloat32, {kRows, free});
    b.dma(b.all(p), b.block(x, 0, kRows, at, free));
    b.dma(b.all(q), b.block(y, 0, kRows, at, free));
    b.tensor_tensor(b.all(r), b.all(p), b.all(q));
    b.dma(b.block(z, 0, kRows, at, free), b.all(r));
  }
  return std::move(b.program);
}

// bfloat16 lhsT[k, m], rhs[k, n] to out[m, n] in tiles of 128 x 128 x 512.
struct MatmulSize {
  std::int64_t m = 2048, k = 2048, n = 2048;
};
inline constexpr std::int64_t kTileM = 128, kTileK = 128, kTileN = 512;

class MatmulKernel {
 public:
  using Type = numeric::ElementType;
  MatmulKernel(isa::Generation generation, const MatmulSize& size)
      : b(generation),
        size_(size),
        lhs_(b.input(Type::kBfloat16, {size.k, size.m})),
        rhs_(b.input(Type::kBfloat16, {size.k, size.n})),
        out_(b.output(Type::kBfloat16, {size.m, size.n})) {}

  // Both tiles loaded for each product.
  isa::Program tiled() {
    each_tile([&](std::int64_t m, std::int64_t n) {
      const isa::TensorId acc = b.psum(Type::kFloat32, {kTileM, kTileN});
      for (std::int64_t k = 0; k < size_.k; k += kTileK) {
        const isa::TensorId l = load(lhs_, k, m, kTileM);
        const isa::TensorId r = load(rhs_, k, n, kTileN);
        b.matmul(b.all(acc), b.all(l), b.all(r), k > 0);
      }
      store(m, n, acc);
    });
    return std::move(b.program);
  }

  // The column of lhsT tiles is loaded once for all of its n.
  isa::Program hoisted() {
    std::vector<isa::TensorId> column;
    each_tile([&](std::int64_t m, std::int64_t n) {
      if (n == 0) {
        column.clear();
        for (std::int64_t k = 0; k < size_.k; k += kTileK)
          column.push_back(load(lhs_, k, m, kTileM));
      }
      const isa::TensorId acc = b.psum(Type::kFloat32, {kTileM, kTileN});
      for (std::int64_t k = 0; k < size_.k; k += kTileK) {
        const isa::TensorId r = load(rhs_, k, n, kTileN);
        b.matmul(b.all(acc), b.all(column[k / kTileK]), b.all(r), k > 0);
      }
      store(m, n, acc);
    });
    return std::move(b.program);
  }

  // Blocks of 2 x 2 tiles in m and n.
  isa::Program blocked() {
    constexpr std::int64_t kBlock = 2;
    for (std::int64_t m = 0; m < size_.m; m += kBlock * kTileM) {
      std::vector<isa::TensorId> column;
      for (std::int64_t k = 0; k < size_.k; k += kTileK) {
        column.push_back(load(lhs_, k, m, kBlock * kTileM));
      }
      for (std::int64_t n = 0; n < size_.n; n += kBlock * kTileN) {
        std::vector<isa::TensorId> row;
        for (std::int64_t k = 0; k < size_.k; k += kTileK) {
          row.push_back(load(rhs_, k, n, kBlock * kTileN));
        }
        for (std::int64_t i = 0; i < kBlock * kBlock; ++i) {
          const std::int64_t bm = i / kBlock * kTileM, bn = i % kBlock * kTileN;
          const isa::TensorId acc = b.psum(Type::kFloat32, {kTileM, kTileN});
          for (std::size_t k = 0; k < row.size(); ++k) {
            b.matmul(b.all(acc), b.columns(column[k], bm, kTileM), b.columns(row[k], bn, kTileN),
                     k > 0);
          }
          store(m + bm, n + bn, acc);
        }
      }
    }
    return std::move(b.program);
  }

  // lhsT loaded first, then rhs a column of tiles at a time; `tiles` PSUM tiles in turn.
  isa::Program resident(std::size_t tiles) {
    std::vector<isa::TensorId> left, accumulators;
    for (std::int64_t k = 0; k < size_.k; k += kTileK) left.push_back(load(lhs_, k, 0, size_.m));
    for (std::size_t i = 0; i < tiles; ++i) {
      accumulators.push_back(b.psum(Type::kFloat32, {kTileM, kTileN}));
    }
    std::size_t turn = 0;
    for (std::int64_t n = 0; n < size_.n; n += kTileN) {
      std::vector<isa::TensorId> right;
      for (std::int64_t k = 0; k < size_.k; k += kTileK) {
        right.push_back(load(rhs_, k, n, kTileN));
      }
      for (std::int64_t m = 0; m < size_.m; m += kTileM) {
        const isa::TensorId acc = accumulators[turn++ % tiles];
        for (std::size_t k = 0; k < left.size(); ++k) {
          b.matmul(b.all(acc), b.columns(left[k], m, kTileM), b.all(right[k]), k > 0);
        }
        store(m, n, acc);
      }
    }
    return std::move(b.program);
  }

  // Blocks of 2048 x 1024 x 1024; sums over k blocks are kept in SBUF.
  isa::Program fully_blocked() {
    constexpr std::int64_t kM = 2048, kN = 1024, kK = 1024;
    for (std::int64_t n = 0; n < size_.n; n += kN) {
      std::vector<isa::TensorId> sums;
      for (std::int64_t i = 0; i < size_.m / kTileM; ++i) {
        sums.push_back(b.sbuf(Type::kBfloat16, {kTileM, kN}));
        b.memset(isa::Engine::kGpSimd, b.all(sums.back()), 0);
      }
      for (std::int64_t k = 0; k < size_.k; k += kK) {
        std::vector<isa::TensorId> right;
        for (std::int64_t i = 0; i < kK; i += kTileK) right.push_back(load(rhs_, k + i, n, kN));
        for (std::int64_t m = 0; m < size_.m; m += kM) {
          std::vector<isa::TensorId> left;
          for (std::int64_t i = 0; i < kK; i += kTileK) left.push_back(load(lhs_, k + i, m, kM));
          add_block(left, right, m, sums);
        }
      }
      for (std::int64_t i = 0; i < size_.m / kTileM; ++i) {
        b.dma(b.block(out_, i * kTileM, kTileM, n, kN), b.all(sums[i]));
      }
    }
    return std::move(b.program);
  }

 private:
  template <class Visit>
  void each_tile(Visit visit) {
    for (std::int64_t m = 0; m < size_.m; m += kTileM) {
      for (std::int64_t n = 0; n < size_.n; n += kTileN) visit(m, n);
    }
  }

  isa::TensorId load(isa::TensorId from, std::int64_t k, std::int64_t column, std::int64_t count) {
    const isa::TensorId tile = b.sbuf(Type::kBfloat16, {kTileK, count});
    b.dma(b.all(tile), b.block(from, k, kTileK, column, count));
    return tile;
  }

  void store(std::int64_t m, std::int64_t n, isa::TensorId acc) {
    const isa::TensorId tile = b.sbuf(Type::kBfloat16, {kTileM, kTileN});
    b.copy(isa::Engine::kUnknown, b.all(tile), b.all(acc));
    b.dma(b.block(out_, m, kTileM, n, kTileN), b.all(tile));
  }

  void add_block(const std::vector<isa::TensorId>& left, const std::vector<isa::TensorId>& right,
                 std::int64_t m, const std::vector<isa::TensorId>& sums) {
    const std::int64_t rows = b.program.tensor(left[0]).shape[1];
    const std::int64_t columns = b.program.tensor(right[0]).shape[1];
    for (std::int64_t bn = 0; bn < columns; bn += kTileN) {
      for (std::int64_t bm = 0; bm < rows; bm += kTileM) {
        const isa::TensorId acc = b.psum(Type::kFloat32, {kTileM, kTileN});
        for (std::size_t k = 0; k < left.size(); ++k) {
          b.matmul(b.all(acc), b.columns(left[k], bm, kTileM), b.columns(right[k], bn, kTileN),
                   k > 0);
        }
        const isa::Access sum = b.columns(sums[(m + bm) / kTileM], bn, kTileN);
        b.tensor_tensor(sum, sum, b.all(acc));
      }
    }
  }

  ProgramBuilder b;
  MatmulSize size_;
  isa::TensorId lhs_, rhs_, out_;
};

}  // namespace switchyard::neuroncore
