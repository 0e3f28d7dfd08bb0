#include "isa/view.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace switchyard::isa {
namespace {

using Shape = std::vector<std::int64_t>;

View make(Buffer buffer, Shape shape) {
  const Tensor tensor{.name = "t", .buffer = buffer, .shape = std::move(shape)};
  return *view_of(tensor, 3);
}

// The position of every element, in order, partitions counted as rows: what a view means.
std::vector<std::int64_t> positions(const View& view) {
  std::vector<std::int64_t> out = {view.flat_offset()};
  for (const Dim& dim : view.pattern()) {
    std::vector<std::int64_t> next;
    for (const std::int64_t base : out) {
      for (std::int64_t i = 0; i < dim.count; ++i) next.push_back(base + i * dim.stride);
    }
    out = std::move(next);
  }
  return out;
}

std::vector<std::int64_t> positions(const Access& access, std::int64_t row) {
  std::vector<std::int64_t> out;
  for (int p = 0; p < access.partitions; ++p) {
    std::vector<std::int64_t> in_row = {(access.start_partition + p) * row + access.offset};
    for (int d = 0; d < access.rank; ++d) {
      std::vector<std::int64_t> next;
      for (const std::int64_t base : in_row) {
        for (std::int64_t i = 0; i < access.dims[d].count; ++i) {
          next.push_back(base + i * access.dims[d].stride);
        }
      }
      in_row = std::move(next);
    }
    out.insert(out.end(), in_row.begin(), in_row.end());
  }
  return out;
}

// One random operation that keeps the elements' order.
View step(const View& view, Random& random) {
  const int first = view.on_chip() ? 1 : 0;
  const int dim = first + static_cast<int>(random.below(view.rank - first));
  const std::int64_t size = view.dims[dim].count;
  Result<View> out = view;
  switch (random.below(5)) {
    case 0:
      if (view.rank < kViewDims) out = expand_dim(view, dim);
      break;
    case 1:
      if (size == 1) out = squeeze_dim(view, dim);
      break;
    case 2:
      if (size % 2 == 0 && view.rank < kViewDims) out = reshape_dim(view, dim, Shape{2, -1});
      break;
    case 3:
      if (dim + 1 < view.rank) {
        Result<View> merged = flatten_dims(view, dim, dim + 1);
        if (merged) out = merged;  // else their strides do not join
      }
      break;
    default:
      if (view.contiguous()) {
        Shape shape = {view.dims[0].count};
        shape.push_back(view.size() / shape[0]);
        out = reshape(view, shape);
      }
  }
  EXPECT_TRUE(out) << (out ? "" : to_text(out.error()));
  return out ? *out : view;
}

TEST(View, shapes_change_and_elements_stay) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    const Buffer buffer = random.below(2) == 0 ? Buffer::kHbm : Buffer::kSbuf;
    View view = make(buffer, {4, 6, 8});
    view = *slice(view, 2, 1, 7, 1 + static_cast<std::int64_t>(random.below(2)));
    view = *slice(view, 0, 1, 4, 1);
    const std::vector<std::int64_t> expected = positions(view);
    for (int i = 0; i < 6; ++i) view = step(view, random);
    EXPECT_EQ(positions(view), expected) << seed;
    const Result<Access> access = access_of(view);
    if (!access) continue;  // more dims than a pattern has
    EXPECT_EQ(positions(*access, view.row_elements), expected) << seed;
  }
}

TEST(View, permute_and_broadcast_reorder_and_repeat) {
  const View view = make(Buffer::kHbm, {2, 3});
  EXPECT_EQ(positions(*permute(view, Shape{1, 0})), (Shape{0, 3, 1, 4, 2, 5}));
  const View row = *slice(view, 0, 1, 2, 1);
  EXPECT_EQ(positions(*broadcast(row, 0, 2)), (Shape{3, 4, 5, 3, 4, 5}));
}

TEST(View, select_drops_a_dim_but_for_the_last_two_on_chip) {
  const View chip = make(Buffer::kSbuf, {64, 4, 8});
  EXPECT_EQ(shape_text(*select(chip, 0, 5)), "[1, 4, 8]");
  EXPECT_EQ(select(chip, 0, -1)->start_partition, 63);
  EXPECT_EQ(shape_text(*select(*select(chip, 2, 3), 1, 0)), "[64, 1]");
  EXPECT_EQ(shape_text(*select(make(Buffer::kHbm, {4}), 0, 3)), "[1]");
}

TEST(View, reinterpret_scales_the_last_dim) {
  const View view = *slice(make(Buffer::kSbuf, {128, 64}), 1, 8, 24, 1);
  const View bytes = *reinterpret(view, numeric::ElementType::kUint8);
  EXPECT_EQ(shape_text(bytes), "[128, 64]");
  EXPECT_EQ(bytes.offset, 32);
  EXPECT_EQ(bytes.row_elements, 256);
  EXPECT_EQ(positions(*reinterpret(bytes, numeric::ElementType::kFloat32)), positions(view));
  EXPECT_FALSE(reinterpret(*slice(bytes, 1, 0, 6, 1), numeric::ElementType::kFloat32));
}

TEST(View, pattern_stays_in_rows_of_the_tensor_on_chip) {
  const View view = make(Buffer::kSbuf, {16, 4, 8});
  const Dim good[] = {{32, 8}, {2, 16}}, bad[] = {{64, 8}, {1, 32}};
  const auto pattern = [&](std::span<const Dim> dims, std::int64_t offset) {
    return with_pattern(view, dims, offset, view.type, {}, 0);
  };
  const Result<View> shifted = pattern(good, 3 * 32 + 1);
  ASSERT_TRUE(shifted);
  EXPECT_EQ(shifted->start_partition, 3);
  EXPECT_EQ(shifted->offset, 1);
  EXPECT_FALSE(pattern(bad, 0));
}

TEST(View, index_known_at_run_time_has_step_and_limit_of_its_dim) {
  const View view = make(Buffer::kHbm, {10, 4, 8});
  const ViewIndex index{.kind = IndirectKind::kRegister, .reg = 7};
  const View one = *select(view, 1, index, 0);
  EXPECT_EQ(shape_text(one), "[10, 8]");
  EXPECT_EQ(access_of(one)->indirection.step, 8);
  EXPECT_EQ(access_of(one)->indirection.limit, 4);
  const View some = *select(view, 0, index, 3);
  EXPECT_EQ(shape_text(some), "[3, 4, 8]");
  EXPECT_EQ(some.index.limit, 8);
  EXPECT_FALSE(select(some, 1, index, 0));
  EXPECT_FALSE(select(make(Buffer::kSbuf, {10, 4}), 0, index, 0));
}

TEST(View, index_of_a_pattern_ends_where_the_pattern_would_leave_the_tensor) {
  const View view = make(Buffer::kHbm, {512, 64});
  const ViewIndex index{.kind = IndirectKind::kRegister, .reg = 7};
  const Dim rows[] = {{64, 128}, {1, 32}};
  EXPECT_EQ(with_pattern(view, rows, 0, view.type, index, 0)->index.limit, 512 - 128 + 1);
  EXPECT_EQ(with_pattern(view, rows, 33, view.type, index, 0)->index.limit, 512 - 128);
  const Dim one[] = {{64, 1}, {1, 1}};
  EXPECT_EQ(with_pattern(view, one, 0, view.type, index, 0)->index.limit, 512);
}

TEST(View, limits_have_both_sides) {
  const View view = make(Buffer::kSbuf, {128, 64});
  EXPECT_TRUE(slice(view, 1, 0, 64, 1));
  EXPECT_FALSE(slice(view, 1, 0, 65, 1));
  EXPECT_FALSE(slice(view, 1, 5, 5, 1));
  EXPECT_FALSE(slice(view, 1, 0, 64, 0));
  EXPECT_TRUE(select(view, 1, 63));
  EXPECT_FALSE(select(view, 1, 64));
  EXPECT_TRUE(permute(view, Shape{0, 1}));
  EXPECT_FALSE(permute(view, Shape{1, 0}));
  EXPECT_FALSE(permute(view, Shape{0, 0}));
  EXPECT_TRUE(reshape(view, Shape{128, 8, 8}));
  EXPECT_TRUE(reshape(view, Shape{128, -1, 8}));
  EXPECT_FALSE(reshape(view, Shape{128, -1, 7}));
  EXPECT_FALSE(reshape(view, Shape{64, 128}));
  EXPECT_FALSE(reshape(*slice(view, 1, 0, 64, 2), Shape{128, 33}));
  EXPECT_FALSE(access_of(*slice(view, 0, 0, 128, 2)));
}

}  // namespace
}  // namespace switchyard::isa
