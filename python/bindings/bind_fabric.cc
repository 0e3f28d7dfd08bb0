// fabric/ranks.h: kernels of several ranks that exchange the bytes of their tensors.
#include <pybind11/stl.h>

#include <cstring>
#include <optional>

#include "base/text.h"
#include "bindings/common.h"
#include "fabric/ranks.h"

namespace switchyard::python {

namespace {

using fabric::Exchange;
using fabric::Piece;
using fabric::RankWorld;
using isa::View;

// Stretches of a view that lie together, in the order of its elements.
template <class Visit>
void runs_from(const View& view, int dim, std::int64_t bytes, int row, std::int64_t at,
               const Visit& visit) {
  if (dim == view.rank) return visit(row, at, bytes);
  const isa::Dim& d = view.dims[static_cast<std::size_t>(dim)];
  if (dim + 1 == view.rank && d.stride == 1) return visit(row, at, bytes * d.count);
  for (std::int64_t i = 0; i < d.count; ++i) {
    runs_from(view, dim + 1, bytes, row, at + i * d.stride * bytes, visit);
  }
}

// The bytes of some views one after the other: in place where they lie together in HBM, else
// through a copy.
class Bytes {
 public:
  explicit Bytes(const std::vector<View>& views) : views_(views) {
    for (const View& view : views_) {
      if (view.indirect()) throw py::value_error("a collective of an indirect tensor");
      kernels_.push_back(owner_of(view).kernel.lock());
      if (!kernels_.back()) throw py::value_error("the kernel of this tensor has ended");
    }
    const bool one = views_.size() == 1 && !views_[0].on_chip() && views_[0].contiguous();
    if (one) {
      each_run(0, [&](std::uint8_t* at, std::int64_t count, auto) {
        if (!whole_.data()) {
          whole_ = {at, static_cast<std::size_t>(count)};
        } else {
          whole_ = {whole_.data(), whole_.size() + static_cast<std::size_t>(count)};
        }
      });
      return;
    }
    copied_ = true;
    for (std::size_t i = 0; i < views_.size(); ++i) {
      each_run(i, [&](const std::uint8_t* at, std::int64_t count, auto) {
        copy_.insert(copy_.end(), at, at + count);
      });
    }
    whole_ = copy_;
  }

  std::span<std::uint8_t> bytes() { return whole_; }
  numeric::ElementType type() const {
    return kernels_[0]->session.program().tensor(views_[0].tensor).type;
  }

  // After bytes() were written: back into the tensors, which count as written from now on.
  void put_back() {
    const std::uint8_t* from = copy_.data();
    for (std::size_t i = 0; i < views_.size(); ++i) {
      each_run(i, [&](std::uint8_t* at, std::int64_t count, auto mark) {
        if (copied_) {
          std::memcpy(at, from, static_cast<std::size_t>(count));
          from += count;
        }
        mark();
      });
      isa::Tensor& tensor = kernels_[i]->session.program().tensor(views_[i].tensor);
      if (tensor.kind == isa::TensorKind::kInput) tensor.kind = isa::TensorKind::kInputOutput;
    }
  }

 private:
  template <class Visit>
  void each_run(std::size_t index, const Visit& visit) {
    const View& view = views_[index];
    Kernel& kernel = *kernels_[index];
    const isa::Tensor& tensor = kernel.session.program().tensor(view.tensor);
    // Wide kernels hold narrow floats as float32.
    const bool wide = kernel.wide && tensor.type == numeric::ElementType::kFloat32;
    const std::int64_t bytes = numeric::traits(wide ? tensor.type : view.type).storage_bytes;
    const neuroncore::Place& place = kernel.session.memory().place(view.tensor);
    const int rows = view.on_chip() ? static_cast<int>(view.dims[0].count) : 1;
    for (int r = 0; r < rows; ++r) {
      const int row = place.first_row + static_cast<int>(view.start_partition) + r;
      runs_from(view, view.on_chip() ? 1 : 0, bytes, row, place.first_byte + view.offset * bytes,
                [&](int at_row, std::int64_t at, std::int64_t count) {
                  visit(place.storage->row(at_row) + at, count,
                        [&] { place.storage->mark_written(at_row, at, count); });
                });
    }
  }

  std::vector<View> views_;
  std::vector<KernelPtr> kernels_;
  std::vector<std::uint8_t> copy_;
  std::span<std::uint8_t> whole_;
  bool copied_ = false;
};

using PieceTuple = std::tuple<int, std::int64_t, std::int64_t>;

std::vector<Piece> pieces_from(const std::vector<PieceTuple>& tuples, std::size_t room) {
  std::vector<Piece> out;
  for (const auto& [peer, offset, bytes] : tuples) {
    if (offset < 0 || bytes < 0 || offset + bytes > static_cast<std::int64_t>(room)) {
      throw py::value_error(fmt::format("{} bytes at {} of a tensor of {}", bytes, offset, room));
    }
    out.push_back({.peer = peer, .offset = offset, .bytes = bytes});
  }
  return out;
}

fabric::ReduceOp op_from(const std::string& name) {
  if (name == "min") return fabric::ReduceOp::kMin;
  return name == "max" ? fabric::ReduceOp::kMax : fabric::ReduceOp::kAdd;
}

void check_type(numeric::ElementType type) {
  if (fabric::can_reduce(type)) return;
  throw py::value_error("no sums of " + std::string(numeric::name(type)));
}

void meet(RankWorld& world, int rank, const std::string& kind, const std::vector<int>& group,
          const std::vector<View>& srcs, const std::vector<View>& dsts,
          const std::vector<PieceTuple>& sends, const std::vector<PieceTuple>& receives,
          const std::optional<std::string>& op, std::int64_t reduce_from) {
  Bytes src(srcs), dst(dsts);
  Exchange exchange{.kind = kind,
                    .place = current_place(),
                    .group = group,
                    .src = src.bytes(),
                    .dst = dst.bytes(),
                    .sends = pieces_from(sends, src.bytes().size()),
                    .receives = pieces_from(receives, dst.bytes().size())};
  if (op) {
    exchange.reduces = true;
    exchange.op = op_from(*op);
    exchange.type = src.type();
    exchange.reduce_from = reduce_from;
    check_type(exchange.type);
  }
  Status status;
  {
    const py::gil_scoped_release release;
    status = world.meet(rank, exchange);
  }
  take_status(std::move(status));
  dst.put_back();
}

// Bytes of a view as its kernel holds it.
std::int64_t view_bytes(const View& view) {
  return static_cast<std::int64_t>(Bytes({view}).bytes().size());
}

// dst = op(a, b) on one rank.
void reduce_here(const std::string& op, const View& a, const View& b, const View& dst) {
  Bytes left({a}), right({b}), out({dst});
  check_type(left.type());
  const std::span<const std::uint8_t> sources[] = {left.bytes(), right.bytes()};
  const std::span<std::uint8_t> destinations[] = {out.bytes()};
  if (sources[0].size() != sources[1].size() || sources[0].size() != destinations[0].size()) {
    throw py::value_error("operands of different sizes");
  }
  fabric::reduce(op_from(op), left.type(), sources, destinations);
  out.put_back();
}

}  // namespace

void bind_fabric(py::module_& m) {
  py::class_<RankWorld>(m, "Ranks", "Where ranks meet for collectives.")
      .def(py::init<int>())
      .def_property_readonly("count", &RankWorld::ranks)
      .def("meet", &meet, py::arg("rank"), py::arg("kind"), py::arg("group"), py::arg("srcs"),
           py::arg("dsts"), py::arg("sends"), py::arg("receives"), py::arg("op"),
           py::arg("reduce_from"))
      .def("finish", &RankWorld::finish, py::call_guard<py::gil_scoped_release>());
  m.def("reduce_here", &reduce_here);
  m.def("view_bytes", &view_bytes);
}

}  // namespace switchyard::python
