// reshape and reshape_dim: another shape over the same elements, where strides can express it.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "isa/view.h"

namespace switchyard::isa {

namespace {

tl::unexpected<Error> wrong(const View& view, std::span<const std::int64_t> shape,
                            std::string wanted, std::string hint = "") {
  return fail({.kind = ErrorKind::kImpossible,
               .where = "reshape",
               .found = fmt::format("{} to [{}]", shape_text(view), fmt::join(shape, ", ")),
               .wanted = std::move(wanted),
               .hint = std::move(hint)});
}

// The shape with its -1, if any, worked out.
Result<std::vector<std::int64_t>> complete(const View& view, std::span<const std::int64_t> shape,
                                           std::int64_t elements) {
  std::vector<std::int64_t> out(shape.begin(), shape.end());
  std::int64_t known = 1;
  std::ptrdiff_t open = -1;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i] == -1 && open < 0) {
      open = static_cast<std::ptrdiff_t>(i);
    } else if (out[i] < 1 || __builtin_mul_overflow(known, out[i], &known)) {
      return wrong(view, shape, "extents of 1 or more, one of them -1 at most");
    }
  }
  if (open >= 0 && elements % known == 0) {
    out[static_cast<std::size_t>(open)] = elements / known;
    known = elements;
  }
  if (known != elements || out.size() > kViewDims) {
    return wrong(view, shape, fmt::format("{} elements in at most {} dims", elements, kViewDims));
  }
  return out;
}

// The strides of `shape` over the dims `old`, without those of count 1; false when there are none.
bool restride(std::span<const Dim> old, std::span<const std::int64_t> shape, Dim* out) {
  std::vector<Dim> dims;
  for (const Dim& dim : old) {
    if (dim.count != 1) dims.push_back(dim);
  }
  std::size_t i = 0;
  for (std::size_t j = 0; j < shape.size();) {
    if (shape[j] == 1) {
      out[j++] = {1, 1};
      continue;
    }
    if (i == dims.size()) return false;
    // Whole old dims, together as large as whole new ones.
    std::size_t i_end = i + 1, j_end = j + 1;
    std::int64_t have = dims[i].count, want = shape[j];
    while (have != want) {
      if (have < want) {
        if (i_end == dims.size()) return false;
        have *= dims[i_end++].count;
      } else {
        if (j_end == shape.size()) return false;
        want *= shape[j_end++];
      }
    }
    for (std::size_t k = i; k + 1 < i_end; ++k) {
      if (dims[k].stride != dims[k + 1].stride * dims[k + 1].count) return false;
    }
    std::int64_t stride = dims[i_end - 1].stride;
    for (std::size_t k = j_end; k-- > j;) {
      out[k] = {stride, shape[k]};
      stride *= shape[k];
    }
    i = i_end;
    j = j_end;
  }
  return i == dims.size();
}

}  // namespace

Result<View> reshape(const View& view, std::span<const std::int64_t> given) {
  SWITCHYARD_TRY(shape, complete(view, given, view.size()));
  const bool keeps_first = view.on_chip() || view.index.kind == IndirectKind::kVector;
  const std::size_t first = keeps_first ? 1 : 0;
  if (keeps_first && (shape.empty() || shape[0] != view.dims[0].count)) {
    return wrong(view, given, fmt::format("{} first: the partitions stay", view.dims[0].count),
                 "data crosses partitions by an instruction: nc_transpose or a DMA");
  }
  View out = view;
  out.rank = static_cast<std::uint8_t>(shape.size());
  std::fill(out.dims.begin() + static_cast<std::ptrdiff_t>(first), out.dims.end(), Dim{});
  if (!restride(view.pattern().subspan(first), std::span(shape).subspan(first),
                out.dims.data() + first)) {
    return wrong(view, given, "a shape that its strides can express",
                 "after permute or a slice with gaps, copy the tensor first");
  }
  return out;
}

Result<View> reshape_dim(const View& view, int dim, std::span<const std::int64_t> shape) {
  const int at = dim < 0 ? dim + view.rank : dim;
  if (at < 0 || at >= view.rank)
    return wrong(view, shape, fmt::format("a dim below {}", view.rank));
  const Dim split = view.dims[static_cast<std::size_t>(at)];
  SWITCHYARD_TRY(parts, complete(view, shape, split.count));
  const bool fixed = at == 0 && (view.on_chip() || view.index.kind == IndirectKind::kVector);
  if (fixed && parts.size() != 1) {
    return wrong(view, shape, "a dim from 1 on: the partitions stay");
  }
  if (view.rank - 1 + parts.size() > kViewDims) {
    return wrong(view, shape, fmt::format("at most {} dims", kViewDims));
  }
  View out = view;
  auto to = out.dims.begin() + at;
  std::int64_t stride = split.stride * split.count;
  for (const std::int64_t count : parts) {
    stride /= count;
    *to++ = {stride, count};
  }
  std::copy(view.dims.begin() + at + 1, view.dims.begin() + view.rank, to);
  out.rank = static_cast<std::uint8_t>(view.rank - 1 + parts.size());
  return out;
}

}  // namespace switchyard::isa
