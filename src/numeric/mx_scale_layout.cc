#include "numeric/mx_scale_layout.h"

#include <algorithm>
#include <string>

#include "base/text.h"

namespace switchyard::numeric {
namespace {

Error layout_error(std::string found, std::string wanted, std::string hint = "") {
  return {ErrorKind::kImpossible, "MX scale tile", std::move(found), std::move(wanted),
          std::move(hint)};
}

std::size_t columns_of(MxShape shape) {
  return static_cast<std::size_t>(shape.values / kMxGroupLanes);
}
std::size_t rows_of(MxShape shape) {
  return static_cast<std::size_t>(shape.partitions / kMxGroupPartitions);
}
std::size_t row_start(std::size_t row, int offset, int row_bytes) {
  return static_cast<std::size_t>(mx_scale_partition(static_cast<int>(row), offset)) *
         static_cast<std::size_t>(row_bytes);
}

Status check_tile(MxShape shape, int offset, std::size_t tile_bytes, int row_bytes) {
  SWITCHYARD_TRY_STATUS(check_mx_shape(shape));
  if (offset != 0 && offset != 4 && offset != 8 && offset != 12)
    return fail(layout_error(fmt::format("pack offset {}", offset), "0, 4, 8 or 12"));
  const std::size_t columns = columns_of(shape);
  if (row_bytes <= 0 || static_cast<std::size_t>(row_bytes) < columns)
    return fail(layout_error(fmt::format("rows of {} bytes", row_bytes),
                             fmt::format("at least {}", columns)));
  const std::size_t needed = row_start(rows_of(shape) - 1, offset, row_bytes) + columns;
  if (tile_bytes < needed)
    return fail(layout_error(fmt::format("{} bytes", tile_bytes),
                             fmt::format("at least {}", needed),
                             "scales stand in the quadrant of their data"));
  return {};
}

}  // namespace

Status scatter_mx_scales(std::span<const std::uint8_t> logical, MxShape shape, int offset,
                         std::span<std::uint8_t> tile, int row_bytes) {
  SWITCHYARD_TRY_STATUS(check_tile(shape, offset, tile.size(), row_bytes));
  const std::size_t columns = columns_of(shape);
  if (logical.size() != rows_of(shape) * columns)
    return fail(layout_error(fmt::format("{} scales", logical.size()),
                             fmt::format("{}", rows_of(shape) * columns)));
  for (std::size_t row = 0; row < rows_of(shape); ++row)
    std::ranges::copy(logical.subspan(row * columns, columns),
                      tile.subspan(row_start(row, offset, row_bytes)).begin());
  return {};
}

Result<std::vector<std::uint8_t>> gather_mx_scales(std::span<const std::uint8_t> tile,
                                                   int row_bytes, MxShape shape, int offset) {
  SWITCHYARD_TRY_STATUS(check_tile(shape, offset, tile.size(), row_bytes));
  const std::size_t columns = columns_of(shape);
  std::vector<std::uint8_t> logical(rows_of(shape) * columns);
  for (std::size_t row = 0; row < rows_of(shape); ++row)
    std::ranges::copy(tile.subspan(row_start(row, offset, row_bytes), columns),
                      logical.begin() + static_cast<std::ptrdiff_t>(row * columns));
  return logical;
}

}  // namespace switchyard::numeric
