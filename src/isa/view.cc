#include "isa/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "base/text.h"

namespace switchyard::isa {

namespace {

std::string list_text(std::span<const std::int64_t> values) {
  return fmt::format("[{}]", fmt::join(values, ", "));
}

tl::unexpected<Error> wrong(const char* operation, std::string found, std::string wanted,
                            std::string hint = "") {
  return fail({.kind = ErrorKind::kImpossible,
               .where = operation,
               .found = std::move(found),
               .wanted = std::move(wanted),
               .hint = std::move(hint)});
}

constexpr const char* kMoves = "data crosses partitions by an instruction: nc_transpose or a DMA";

// `dim` counted from the end when negative.
Status normalize(const char* operation, const View& view, int& dim, int beyond = 0) {
  const int given = dim;
  if (dim < 0) dim += view.rank + beyond;
  if (dim >= 0 && dim < view.rank + beyond) return {};
  return wrong(operation, fmt::format("dim {} of a tensor of shape {}", given, shape_text(view)),
               fmt::format("a dim below {}", view.rank + beyond));
}

// Whether `dim` is one that must stay outermost.
bool is_fixed(const View& view, int dim) {
  return dim == 0 && (view.on_chip() || view.index.kind == IndirectKind::kVector);
}

Status not_fixed(const char* operation, const View& view, int dim) {
  if (!is_fixed(view, dim)) return {};
  return wrong(operation,
               fmt::format("dim 0 of {}, {}", shape_text(view),
                           view.on_chip() ? "its partitions" : "which a vector of offsets indexes"),
               "a dim from 1 on", view.on_chip() ? kMoves : "");
}

void erase(View& view, int dim) {
  std::copy(view.dims.begin() + dim + 1, view.dims.begin() + view.rank, view.dims.begin() + dim);
  --view.rank;
}

Status insert(const char* operation, View& view, int dim, Dim value) {
  if (view.rank == kViewDims) {
    return wrong(operation, "more dims", fmt::format("at most {}", kViewDims));
  }
  std::copy_backward(view.dims.begin() + dim, view.dims.begin() + view.rank,
                     view.dims.begin() + view.rank + 1);
  view.dims[static_cast<std::size_t>(dim)] = value;
  ++view.rank;
  return {};
}

// Moves the start by `count` steps of `dim`.
void advance(View& view, int dim, std::int64_t count) {
  const std::int64_t by = view.dims[static_cast<std::size_t>(dim)].stride * count;
  if (view.on_chip() && dim == 0 && view.row_elements > 0) {
    view.start_partition += by / view.row_elements;
  } else {
    view.offset += by;
  }
}

// On chip two dims stay, in HBM one.
void drop(View& view, int dim) {
  const int least = view.on_chip() ? 2 : 1;
  if (is_fixed(view, dim) || view.rank <= least) {
    view.dims[static_cast<std::size_t>(dim)].count = 1;
  } else {
    erase(view, dim);
  }
}

}  // namespace

std::string shape_text(const View& view) {
  std::vector<std::int64_t> shape;
  for (const Dim& dim : view.pattern()) shape.push_back(dim.count);
  return list_text(shape);
}

std::int64_t View::size() const {
  std::int64_t elements = 1;
  for (const Dim& dim : pattern()) elements *= dim.count;
  return elements;
}

bool View::contiguous() const {
  std::int64_t expected = 1;
  for (int i = rank - 1; i >= (on_chip() ? 1 : 0); --i) {
    const Dim& dim = dims[static_cast<std::size_t>(i)];
    if (dim.count == 1) continue;
    if (dim.stride != expected) return false;
    expected *= dim.count;
  }
  return true;
}

Result<View> view_of(const Tensor& tensor, TensorId id) {
  if (tensor.shape.empty() || tensor.shape.size() > kViewDims) {
    return wrong("tensor", fmt::format("{} dims", tensor.shape.size()),
                 fmt::format("1 to {}", kViewDims));
  }
  View view{.tensor = id, .buffer = tensor.buffer, .type = tensor.type};
  view.rank = static_cast<std::uint8_t>(tensor.shape.size());
  std::int64_t stride = 1;
  for (std::size_t i = tensor.shape.size(); i-- > 0;) {
    if (i == 0) view.row_elements = view.on_chip() ? stride : stride * tensor.shape[0];
    view.dims[i] = {stride, tensor.shape[i]};
    stride *= tensor.shape[i];
  }
  return view;
}

Result<View> slice(const View& view, int dim, std::int64_t start, std::int64_t end,
                   std::int64_t step) {
  SWITCHYARD_TRY_STATUS(normalize("slice", view, dim));
  const std::int64_t size = view.dims[static_cast<std::size_t>(dim)].count;
  if (start < 0 || start >= end || end > size || step < 1) {
    return wrong("slice",
                 fmt::format("{}:{}:{} of dim {} of a tensor of shape {}", start, end, step, dim,
                             shape_text(view)),
                 fmt::format("0 <= start < end <= {} and a step of 1 or more", size));
  }
  if (dim == 0 && view.index.kind == IndirectKind::kVector) {
    SWITCHYARD_TRY_STATUS(not_fixed("slice", view, dim));
  }
  View out = view;
  advance(out, dim, start);
  Dim& sliced = out.dims[static_cast<std::size_t>(dim)];
  sliced.count = (end - start + step - 1) / step;
  sliced.stride *= step;
  return out;
}

Result<View> select(const View& view, int dim, std::int64_t index) {
  SWITCHYARD_TRY_STATUS(normalize("select", view, dim));
  const std::int64_t size = view.dims[static_cast<std::size_t>(dim)].count;
  const std::int64_t at = index < 0 ? index + size : index;
  if (at < 0 || at >= size) {
    return wrong(
        "select",
        fmt::format("index {} of dim {} of a tensor of shape {}", index, dim, shape_text(view)),
        fmt::format("0 to {}", size - 1));
  }
  if (dim == 0 && view.index.kind == IndirectKind::kVector) {
    SWITCHYARD_TRY_STATUS(not_fixed("select", view, dim));
  }
  View out = view;
  advance(out, dim, at);
  drop(out, dim);
  return out;
}

Result<View> select(const View& view, int dim, const ViewIndex& index, std::int64_t count) {
  SWITCHYARD_TRY_STATUS(normalize("select", view, dim));
  if (view.indirect()) {
    return wrong("select", "a second index known at run time only", "one a view");
  }
  if (view.on_chip() && dim == 0) {
    return wrong("select", "an index known at run time only, of the partitions",
                 "an index of a dim from 1 on", kMoves);
  }
  View out = view;
  Dim& indexed = out.dims[static_cast<std::size_t>(dim)];
  const std::int64_t kept = std::max<std::int64_t>(count, 1);
  if (kept > indexed.count) {
    return wrong("select", fmt::format("{} of {} elements", kept, indexed.count), "no more");
  }
  out.index = index;
  out.index.step = indexed.stride;
  out.index.limit = indexed.count - kept + 1;
  indexed.count = kept;
  if (count == 0) drop(out, dim);
  return out;
}

Result<View> vector_select(const View& view, int dim, const ViewIndex& index) {
  SWITCHYARD_TRY_STATUS(normalize("vector_select", view, dim));
  if (dim != 0 || view.on_chip()) {
    return wrong("vector_select", fmt::format("dim {} of a tensor in {}", dim, name(view.buffer)),
                 "dim 0 of a tensor in hbm");
  }
  if (view.indirect()) {
    return wrong("vector_select", "a second index known at run time only", "one a view");
  }
  View out = view;
  out.index = index;
  out.index.step = out.dims[0].stride;
  out.index.limit = out.dims[0].count;
  out.dims[0].count = index.tensor->dims[0].count;
  return out;
}

Result<View> gather(const View& view, const ViewIndex& index, std::int64_t count) {
  if (!view.on_chip()) {
    return wrong("indirect", "a tensor in hbm", "one in sbuf or psum",
                 "vector_select gathers from HBM by DMA");
  }
  if (view.indirect()) {
    return wrong("indirect", "a second index known at run time only", "one a view");
  }
  if (count < 1 || count > index.tensor->size()) {
    return wrong("indirect", fmt::format("num_elem {}", count),
                 fmt::format("1 to {}, the offsets in index", index.tensor->size()));
  }
  View out = view;
  out.index = index;
  out.index.step = 1;
  out.index.limit = view.row_elements - view.offset;
  out.rank = 2;
  out.dims[1] = {1, count};
  return out;
}

Result<View> permute(const View& view, std::span<const std::int64_t> order) {
  std::vector<std::int64_t> sorted(order.begin(), order.end());
  for (std::int64_t& dim : sorted) dim += dim < 0 ? view.rank : 0;
  const std::vector<std::int64_t> wanted = sorted;
  std::sort(sorted.begin(), sorted.end());
  bool all = sorted.size() == view.rank;
  for (std::size_t i = 0; all && i < sorted.size(); ++i) {
    all = sorted[i] == static_cast<std::int64_t>(i);
  }
  if (!all) {
    return wrong("permute", list_text(order), fmt::format("each of 0 to {} once", view.rank - 1));
  }
  if (wanted[0] != 0) SWITCHYARD_TRY_STATUS(not_fixed("permute", view, 0));
  View out = view;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    out.dims[i] = view.dims[static_cast<std::size_t>(wanted[i])];
  }
  return out;
}

Result<View> broadcast(const View& view, int dim, std::int64_t size) {
  SWITCHYARD_TRY_STATUS(normalize("broadcast", view, dim));
  SWITCHYARD_TRY_STATUS(not_fixed("broadcast", view, dim));
  View out = view;
  Dim& repeated = out.dims[static_cast<std::size_t>(dim)];
  if (repeated.count != 1 || size < 1) {
    return wrong("broadcast", fmt::format("dim {} of {} to {}", dim, shape_text(view), size),
                 "a dim of size 1, to 1 or more");
  }
  repeated = {0, size};
  return out;
}

Result<View> expand_dim(const View& view, int dim) {
  SWITCHYARD_TRY_STATUS(normalize("expand_dim", view, dim, 1));
  SWITCHYARD_TRY_STATUS(not_fixed("expand_dim", view, dim));
  View out = view;
  std::int64_t stride = 1;
  if (dim < view.rank) {
    const Dim& inner = view.dims[static_cast<std::size_t>(dim)];
    stride = inner.stride * inner.count;
  }
  SWITCHYARD_TRY_STATUS(insert("expand_dim", out, dim, {stride, 1}));
  return out;
}

Result<View> squeeze_dim(const View& view, int dim) {
  SWITCHYARD_TRY_STATUS(normalize("squeeze_dim", view, dim));
  SWITCHYARD_TRY_STATUS(not_fixed("squeeze_dim", view, dim));
  if (view.dims[static_cast<std::size_t>(dim)].count != 1) {
    return wrong("squeeze_dim", fmt::format("dim {} of {}", dim, shape_text(view)),
                 "a dim of size 1");
  }
  View out = view;
  drop(out, dim);
  return out;
}

Result<View> flatten_dims(const View& view, int first, int last) {
  SWITCHYARD_TRY_STATUS(normalize("flatten_dims", view, first));
  SWITCHYARD_TRY_STATUS(normalize("flatten_dims", view, last));
  if (last < first) {
    return wrong("flatten_dims", fmt::format("dims {} to {}", first, last), "the outer dim first");
  }
  if (last > first) SWITCHYARD_TRY_STATUS(not_fixed("flatten_dims", view, first));
  std::int64_t count = 1;
  for (int i = first; i <= last; ++i) count *= view.dims[static_cast<std::size_t>(i)].count;
  std::vector<std::int64_t> shape;
  for (int i = 0; i < view.rank; ++i) {
    if (i == first) shape.push_back(count);
    if (i < first || i > last) shape.push_back(view.dims[static_cast<std::size_t>(i)].count);
  }
  return reshape(view, shape);
}

Result<View> reinterpret(const View& view, numeric::ElementType type) {
  const std::int64_t from = numeric::traits(view.type).storage_bytes;
  const std::int64_t to = numeric::traits(type).storage_bytes;
  View out = view;
  out.type = type;
  if (from == to) return out;
  if (view.index.kind == IndirectKind::kGather || view.index.kind == IndirectKind::kVector ||
      view.rank < 1) {
    return wrong("view", "an indirect tensor and a type of another size", "a plain one");
  }
  Dim& last = out.dims[static_cast<std::size_t>(out.rank - 1)];
  const bool one_dim_on_chip = view.on_chip() && out.rank == 1;
  const bool ok = !one_dim_on_chip && (last.stride == 1 || last.count == 1) &&
                  last.count * from % to == 0 && view.offset * from % to == 0 &&
                  view.row_elements * from % to == 0 && view.index.step * from % to == 0;
  if (!ok) {
    return wrong("view",
                 fmt::format("{} of {} with last stride {} as {}", numeric::name(view.type),
                             shape_text(view), last.stride, numeric::name(type)),
                 "a contiguous last dim that divides into the new type");
  }
  for (int i = 0; i < out.rank; ++i) {
    Dim& dim = out.dims[static_cast<std::size_t>(i)];
    if (i + 1 < out.rank && dim.count > 1 && dim.stride * from % to != 0) {
      return wrong("view", fmt::format("stride {} of dim {}", dim.stride, i),
                   fmt::format("a multiple of {} bytes", to));
    }
    dim.stride = dim.stride * from / to;
  }
  last.stride = 1;
  last.count = last.count * from / to;
  out.offset = view.offset * from / to;
  out.row_elements = view.row_elements * from / to;
  out.index.step = view.index.step * from / to;
  return out;
}

namespace {

// How many values of the index, from 0 on and at most `count`, keep the pattern in the tensor.
std::int64_t steps_inside(const View& view, std::int64_t count) {
  std::int64_t high = view.offset;
  for (int i = view.on_chip() ? 1 : 0; i < view.rank; ++i) {
    const Dim& dim = view.dims[static_cast<std::size_t>(i)];
    high += std::max<std::int64_t>(dim.stride * (dim.count - 1), 0);
  }
  if (view.index.step <= 0 || high >= view.row_elements) return count;
  return std::min(count, (view.row_elements - 1 - high) / view.index.step + 1);
}

}  // namespace

Result<View> with_pattern(const View& view, std::span<const Dim> pattern, std::int64_t offset,
                          numeric::ElementType type, const ViewIndex& index, int indirect_dim) {
  if (pattern.empty() || pattern.size() > kPatternDims) {
    return wrong("ap", fmt::format("a pattern of {} dims", pattern.size()),
                 fmt::format("1 to {}", kPatternDims));
  }
  const std::int64_t from = numeric::traits(view.type).storage_bytes;
  const std::int64_t to = numeric::traits(type).storage_bytes;
  View out = view;
  out.type = type;
  out.rank = static_cast<std::uint8_t>(pattern.size());
  std::copy(pattern.begin(), pattern.end(), out.dims.begin());
  out.row_elements = view.row_elements * from / to;
  std::int64_t start = view.flat_offset() * from / to + offset;
  if (view.on_chip()) {
    const std::int64_t row = std::max<std::int64_t>(out.row_elements, 1);
    if (pattern[0].stride != row && pattern[0].count != 1) {
      return wrong("ap", fmt::format("stride {} of the partitions", pattern[0].stride),
                   fmt::format("{}, the elements of {} in a partition", row, numeric::name(type)),
                   "the first [stride, count] goes from partition to partition");
    }
    out.dims[0].stride = row;
    out.start_partition = start / row;
    start %= row;
  }
  out.offset = start;
  if (index.kind == IndirectKind::kNone) {
    out.index = {};
    return out;
  }
  if (view.indirect()) return wrong("ap", "a second index known at run time only", "one a view");
  SWITCHYARD_TRY_STATUS(normalize("ap", view, indirect_dim));
  if (view.on_chip() && indirect_dim == 0) {
    return wrong("ap", "indirect_dim 0 of a tensor on chip, its partitions", "a dim from 1 on");
  }
  if (index.kind == IndirectKind::kVector && indirect_dim != 0) {
    return wrong("ap", fmt::format("vector_offset with indirect_dim {}", indirect_dim), "0");
  }
  const Dim& moved = view.dims[static_cast<std::size_t>(indirect_dim)];
  out.index = index;
  out.index.step = moved.stride * from / to;
  out.index.limit = moved.count;
  if (index.kind != IndirectKind::kVector) out.index.limit = steps_inside(out, moved.count);
  return out;
}

Result<Access> access_of(const View& view) {
  Access access{.tensor = view.tensor, .type = view.type, .offset = view.offset};
  View plain = view;
  const int first = view.on_chip() ? 1 : 0;
  if (view.on_chip()) {
    const Dim& rows = view.dims[0];
    if (rows.count > 1 && rows.stride != view.row_elements) {
      return wrong("access", fmt::format("every {}th partition", rows.stride / view.row_elements),
                   "neighbouring partitions", kMoves);
    }
    if (rows.count > std::numeric_limits<std::int16_t>::max() ||
        view.start_partition > std::numeric_limits<std::int16_t>::max()) {
      return wrong("access", fmt::format("{} partitions", rows.count),
                   fmt::format("at most {}", kPartitions));
    }
    access.start_partition = static_cast<std::int16_t>(view.start_partition);
    access.partitions = static_cast<std::int16_t>(rows.count);
  }
  const int room = kPatternDims - first;
  for (int i = plain.rank - 1; i >= first && plain.rank - first > room; --i) {
    const bool outermost_stays = i == 0 && view.index.kind == IndirectKind::kVector;
    if (plain.dims[static_cast<std::size_t>(i)].count == 1 && !outermost_stays) erase(plain, i);
  }
  for (int i = plain.rank - 1; i > first && plain.rank - first > room; --i) {
    Dim& outer = plain.dims[static_cast<std::size_t>(i - 1)];
    const Dim inner = plain.dims[static_cast<std::size_t>(i)];
    if (outer.stride != inner.stride * inner.count) continue;
    if (i - 1 == 0 && view.index.kind == IndirectKind::kVector) continue;
    outer = {inner.stride, inner.count * outer.count};
    erase(plain, i);
  }
  if (plain.rank - first > room) {
    return wrong("access", fmt::format("a pattern of {} dims", plain.rank),
                 fmt::format("at most {}", kPatternDims));
  }
  access.rank = static_cast<std::uint8_t>(plain.rank - first);
  std::copy(plain.dims.begin() + first, plain.dims.begin() + plain.rank, access.dims.begin());
  if (view.indirect()) {
    access.indirection = {.kind = view.index.kind,
                          .reg = view.index.reg,
                          .step = view.index.step,
                          .limit = view.index.limit};
  }
  return access;
}

}  // namespace switchyard::isa
