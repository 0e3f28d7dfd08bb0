#include "isa/access.h"

namespace switchyard::isa {

std::int64_t Access::elements_per_partition() const {
  std::int64_t elements = 1;
  for (int i = 0; i < rank; ++i) elements *= dims[i].count;
  return elements;
}

Access::Extent Access::extent() const {
  Extent extent{offset, offset};
  for (int i = 0; i < rank; ++i) {
    const std::int64_t reach = dims[i].stride * (dims[i].count - 1);
    (reach < 0 ? extent.low : extent.high) += reach;
  }
  return extent;
}

Access Access::collapsed() const {
  Access out = *this;
  out.rank = 0;
  out.dims = {};
  for (int i = 0; i < rank; ++i) {
    if (dims[i].count == 1) continue;
    if (out.rank > 0 && out.dims[out.rank - 1].stride == dims[i].stride * dims[i].count) {
      out.dims[out.rank - 1] = {dims[i].stride, out.dims[out.rank - 1].count * dims[i].count};
    } else {
      out.dims[out.rank++] = dims[i];
    }
  }
  return out;
}

bool Access::contiguous() const {
  const Access simple = collapsed();
  return simple.rank == 0 || (simple.rank == 1 && simple.dims[0].stride == 1);
}

}  // namespace switchyard::isa
