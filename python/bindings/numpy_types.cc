#include "bindings/numpy_types.h"

#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <numpy/arrayobject.h>
#include <numpy/ufuncobject.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "numeric/convert.h"

namespace switchyard::python {

namespace {

using numeric::ElementType;

constexpr ElementType kTypes[] = {ElementType::kBfloat16,    ElementType::kFloat8E3m4,
                                  ElementType::kFloat8E4m3,  ElementType::kFloat8E4m3fn,
                                  ElementType::kFloat8E5m2,  ElementType::kFloat8E8m0fnu,
                                  ElementType::kFloat4E2m1fn};
constexpr std::size_t kCount = std::size(kTypes);
int type_numbers[kCount];

int bytes_of(ElementType type) { return numeric::traits(type).storage_bytes; }

float load(ElementType type, const void* data) {
  std::uint32_t code = 0;
  std::memcpy(&code, data, static_cast<std::size_t>(bytes_of(type)));
  return numeric::decode(type, code);
}

void store(ElementType type, float value, void* data) {
  const std::uint32_t code = numeric::encode(type, value);
  std::memcpy(data, &code, static_cast<std::size_t>(bytes_of(type)));
}

// An array scalar: the value follows the head, aligned to its size.
struct Scalar {
  PyObject_HEAD std::uint16_t bits;
};

template <std::size_t I>
struct Type {
  static constexpr ElementType kType = kTypes[I];
  inline static PyTypeObject* scalar = nullptr;
  inline static PyArray_ArrFuncs functions = {};
  inline static PyArray_Descr* descr = nullptr;

  static PyObject* make(const void* data) {
    auto* out = reinterpret_cast<Scalar*>(scalar->tp_alloc(scalar, 0));
    if (out) std::memcpy(&out->bits, data, static_cast<std::size_t>(bytes_of(kType)));
    return reinterpret_cast<PyObject*>(out);
  }
  static PyObject* create(PyTypeObject*, PyObject* args, PyObject*) {
    double value = 0;
    if (!PyArg_ParseTuple(args, "|d", &value)) return nullptr;
    std::uint16_t bits = 0;
    store(kType, static_cast<float>(value), &bits);
    return make(&bits);
  }
  static float value_of(PyObject* self) {
    return load(kType, &reinterpret_cast<Scalar*>(self)->bits);
  }
  static PyObject* text(PyObject* self) {
    const auto number =
        py::reinterpret_steal<py::object>(PyFloat_FromDouble(static_cast<double>(value_of(self))));
    return PyObject_Repr(number.ptr());
  }
  static PyObject* to_float(PyObject* self) {
    return PyFloat_FromDouble(static_cast<double>(value_of(self)));
  }
  static Py_hash_t hash(PyObject* self) {
    const auto number = py::reinterpret_steal<py::object>(to_float(self));
    return PyObject_Hash(number.ptr());
  }

  static PyObject* compare_scalars(PyObject* a, PyObject* b, int how) {
    if (!PyNumber_Check(b) || PyArray_Check(b)) Py_RETURN_NOTIMPLEMENTED;
    const double other = PyFloat_AsDouble(b);
    if (other == -1 && PyErr_Occurred()) {
      PyErr_Clear();
      Py_RETURN_NOTIMPLEMENTED;
    }
    Py_RETURN_RICHCOMPARE(static_cast<double>(value_of(a)), other, how);
  }

  static PyObject* get(void* data, void*) { return make(data); }
  static int set(PyObject* value, void* data, void*) {
    if (Py_TYPE(value) == scalar) {
      std::memcpy(data, &reinterpret_cast<Scalar*>(value)->bits,
                  static_cast<std::size_t>(bytes_of(kType)));
      return 0;
    }
    const double number = PyFloat_AsDouble(value);
    if (number == -1 && PyErr_Occurred()) return -1;
    store(kType, static_cast<float>(number), data);
    return 0;
  }
  static void swap_bytes(char* data, int swap) {
    if (swap && bytes_of(kType) == 2) std::swap(data[0], data[1]);
  }
  static void copy_one(void* to, void* from, int swap, void*) {
    if (from) std::memcpy(to, from, static_cast<std::size_t>(bytes_of(kType)));
    swap_bytes(static_cast<char*>(to), swap);
  }
  static void copy_many(void* to, npy_intp to_stride, void* from, npy_intp from_stride,
                        npy_intp count, int swap, void*) {
    for (npy_intp i = 0; i < count; ++i) {
      char* at = static_cast<char*>(to) + i * to_stride;
      if (from) {
        std::memcpy(at, static_cast<char*>(from) + i * from_stride,
                    static_cast<std::size_t>(bytes_of(kType)));
      }
      swap_bytes(at, swap);
    }
  }
  static npy_bool nonzero(void* data, void*) { return load(kType, data) != 0; }
  static int compare(const void* a, const void* b, void*) {
    const float x = load(kType, a), y = load(kType, b);
    if (std::isnan(x)) return std::isnan(y) ? 0 : 1;
    if (std::isnan(y)) return -1;
    return x < y ? -1 : x > y ? 1 : 0;
  }
  static int fill(void* data, npy_intp count, void*) {
    auto* bytes = static_cast<char*>(data);
    const int size = bytes_of(kType);
    const float first = load(kType, bytes), step = load(kType, bytes + size) - first;
    for (npy_intp i = 2; i < count; ++i) {
      store(kType, first + static_cast<float>(i) * step, bytes + i * size);
    }
    return 0;
  }
  static int find_max(void* data, npy_intp count, npy_intp* best, void*) {
    *best = 0;
    for (npy_intp i = 1; i < count; ++i) {
      const auto* bytes = static_cast<const char*>(data);
      if (compare(bytes + i * bytes_of(kType), bytes + *best * bytes_of(kType), nullptr) > 0) {
        *best = i;
      }
    }
    return 0;
  }
};

// Casts between a registered type and a C type, and between two registered ones.
template <std::size_t I, class C>
void to_c(void* from, void* to, npy_intp count, void*, void*) {
  const auto* in = static_cast<const char*>(from);
  auto* out = static_cast<C*>(to);
  for (npy_intp i = 0; i < count; ++i) {
    const float value = load(kTypes[I], in + i * bytes_of(kTypes[I]));
    if constexpr (std::is_same_v<C, bool>) {
      out[i] = value != 0;
    } else {
      out[i] = static_cast<C>(value);
    }
  }
}

template <std::size_t I, class C>
void from_c(void* from, void* to, npy_intp count, void*, void*) {
  const auto* in = static_cast<const C*>(from);
  auto* out = static_cast<char*>(to);
  for (npy_intp i = 0; i < count; ++i) {
    store(kTypes[I], static_cast<float>(in[i]), out + i * bytes_of(kTypes[I]));
  }
}

template <ElementType From, ElementType To>
void convert_all(void* from, void* to, npy_intp count, void*, void*) {
  numeric::convert(From, from, To, to, static_cast<std::size_t>(count));
}

template <std::size_t I, class C>
void add_casts(int number) {
  PyArray_RegisterCastFunc(Type<I>::descr, number, to_c<I, C>);
  PyArray_RegisterCastFunc(PyArray_DescrFromType(number), type_numbers[I], from_c<I, C>);
}

template <std::size_t I, std::size_t J>
void add_cast_between() {
  if constexpr (I != J) {
    PyArray_RegisterCastFunc(Type<I>::descr, type_numbers[J], convert_all<kTypes[I], kTypes[J]>);
  }
}

template <std::size_t I, std::size_t... J>
void add_all_casts(std::index_sequence<J...>) {
  add_casts<I, bool>(NPY_BOOL);
  add_casts<I, signed char>(NPY_BYTE);
  add_casts<I, unsigned char>(NPY_UBYTE);
  add_casts<I, short>(NPY_SHORT);
  add_casts<I, unsigned short>(NPY_USHORT);
  add_casts<I, int>(NPY_INT);
  add_casts<I, unsigned int>(NPY_UINT);
  add_casts<I, long>(NPY_LONG);
  add_casts<I, unsigned long>(NPY_ULONG);
  add_casts<I, long long>(NPY_LONGLONG);
  add_casts<I, unsigned long long>(NPY_ULONGLONG);
  add_casts<I, double>(NPY_DOUBLE);
  PyArray_RegisterCastFunc(Type<I>::descr, NPY_FLOAT,
                           convert_all<kTypes[I], ElementType::kFloat32>);
  PyArray_RegisterCastFunc(PyArray_DescrFromType(NPY_FLOAT), type_numbers[I],
                           convert_all<ElementType::kFloat32, kTypes[I]>);
  PyArray_RegisterCastFunc(Type<I>::descr, NPY_HALF, convert_all<kTypes[I], ElementType::kFloat16>);
  PyArray_RegisterCastFunc(PyArray_DescrFromType(NPY_HALF), type_numbers[I],
                           convert_all<ElementType::kFloat16, kTypes[I]>);
  (add_cast_between<I, J>(), ...);
  PyArray_RegisterCanCast(Type<I>::descr, NPY_FLOAT, NPY_NOSCALAR);
  PyArray_RegisterCanCast(Type<I>::descr, NPY_DOUBLE, NPY_NOSCALAR);
}

// Loops of ufuncs; `data` is the element type.
template <class F>
void unary_loop(char** args, const npy_intp* count, const npy_intp* steps, void* data) {
  const ElementType type = *static_cast<const ElementType*>(data);
  for (npy_intp i = 0; i < *count; ++i) {
    store(type, F{}(load(type, args[0] + i * steps[0])), args[1] + i * steps[1]);
  }
}
template <class F>
void binary_loop(char** args, const npy_intp* count, const npy_intp* steps, void* data) {
  const ElementType type = *static_cast<const ElementType*>(data);
  for (npy_intp i = 0; i < *count; ++i) {
    const float x = load(type, args[0] + i * steps[0]), y = load(type, args[1] + i * steps[1]);
    store(type, F{}(x, y), args[2] + i * steps[2]);
  }
}
template <class F>
void test_loop(char** args, const npy_intp* count, const npy_intp* steps, void* data) {
  const ElementType type = *static_cast<const ElementType*>(data);
  for (npy_intp i = 0; i < *count; ++i) {
    args[1][i * steps[1]] = F{}(load(type, args[0] + i * steps[0]));
  }
}
template <class F>
void compare_loop(char** args, const npy_intp* count, const npy_intp* steps, void* data) {
  const ElementType type = *static_cast<const ElementType*>(data);
  for (npy_intp i = 0; i < *count; ++i) {
    const float x = load(type, args[0] + i * steps[0]), y = load(type, args[1] + i * steps[1]);
    args[2][i * steps[2]] = F{}(x, y);
  }
}

// By bits: comparisons of signalling NaNs would raise floating-point flags, which numpy reports.
std::uint32_t magnitude(float x) { return std::bit_cast<std::uint32_t>(x) & 0x7fffffffu; }
constexpr std::uint32_t kInfinity = 0x7f800000u;

#define SWITCHYARD_FUNCTION(name, arguments, expression)   \
  struct name {                                            \
    auto operator() arguments const { return expression; } \
  }
SWITCHYARD_FUNCTION(Negate, (float x), -x);
SWITCHYARD_FUNCTION(Absolute, (float x), std::fabs(x));
SWITCHYARD_FUNCTION(Root, (float x), std::sqrt(x));
SWITCHYARD_FUNCTION(Square, (float x), x* x);
SWITCHYARD_FUNCTION(Sign, (float x), x > 0 ? 1.0f : x < 0 ? -1.0f : x);
SWITCHYARD_FUNCTION(Add, (float x, float y), x + y);
SWITCHYARD_FUNCTION(Subtract, (float x, float y), x - y);
SWITCHYARD_FUNCTION(Multiply, (float x, float y), x* y);
SWITCHYARD_FUNCTION(Divide, (float x, float y), x / y);
SWITCHYARD_FUNCTION(Larger, (float x, float y), x >= y || std::isnan(x) ? x : y);
SWITCHYARD_FUNCTION(Smaller, (float x, float y), x <= y || std::isnan(x) ? x : y);
SWITCHYARD_FUNCTION(Equal, (float x, float y), x == y);
SWITCHYARD_FUNCTION(Unequal, (float x, float y), x != y);
SWITCHYARD_FUNCTION(Less, (float x, float y), x < y);
SWITCHYARD_FUNCTION(LessEqual, (float x, float y), x <= y);
SWITCHYARD_FUNCTION(Greater, (float x, float y), x > y);
SWITCHYARD_FUNCTION(GreaterEqual, (float x, float y), x >= y);
SWITCHYARD_FUNCTION(IsNan, (float x), magnitude(x) > kInfinity);
SWITCHYARD_FUNCTION(IsFinite, (float x), magnitude(x) < kInfinity);
SWITCHYARD_FUNCTION(IsInfinite, (float x), magnitude(x) == kInfinity);
#undef SWITCHYARD_FUNCTION

struct Loop {
  const char* ufunc;
  PyUFuncGenericFunction function;
  int inputs;
  bool to_bool;
};
constexpr Loop kLoops[] = {{"negative", unary_loop<Negate>, 1, false},
                           {"absolute", unary_loop<Absolute>, 1, false},
                           {"sqrt", unary_loop<Root>, 1, false},
                           {"square", unary_loop<Square>, 1, false},
                           {"sign", unary_loop<Sign>, 1, false},
                           {"add", binary_loop<Add>, 2, false},
                           {"subtract", binary_loop<Subtract>, 2, false},
                           {"multiply", binary_loop<Multiply>, 2, false},
                           {"true_divide", binary_loop<Divide>, 2, false},
                           {"maximum", binary_loop<Larger>, 2, false},
                           {"minimum", binary_loop<Smaller>, 2, false},
                           {"equal", compare_loop<Equal>, 2, true},
                           {"not_equal", compare_loop<Unequal>, 2, true},
                           {"less", compare_loop<Less>, 2, true},
                           {"less_equal", compare_loop<LessEqual>, 2, true},
                           {"greater", compare_loop<Greater>, 2, true},
                           {"greater_equal", compare_loop<GreaterEqual>, 2, true},
                           {"isnan", test_loop<IsNan>, 1, true},
                           {"isfinite", test_loop<IsFinite>, 1, true},
                           {"isinf", test_loop<IsInfinite>, 1, true}};

void add_loops(std::size_t index, const py::module_& numpy) {
  for (const Loop& loop : kLoops) {
    const py::object ufunc = numpy.attr(loop.ufunc);
    const int own = type_numbers[index];
    int types[] = {own, own, own};
    types[loop.inputs] = loop.to_bool ? NPY_BOOL : own;
    PyUFunc_RegisterLoopForType(reinterpret_cast<PyUFuncObject*>(ufunc.ptr()), own, loop.function,
                                types, const_cast<ElementType*>(&kTypes[index]));
  }
}

template <std::size_t I>
bool register_type(const py::module_& numpy) {
  using T = Type<I>;
  const std::string name(numeric::name(T::kType));
  const py::dict known = numpy.attr("sctypeDict");
  if (known.contains(name)) return false;
  PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(T::create)},
                         {Py_tp_repr, reinterpret_cast<void*>(T::text)},
                         {Py_tp_str, reinterpret_cast<void*>(T::text)},
                         {Py_tp_hash, reinterpret_cast<void*>(T::hash)},
                         {Py_tp_richcompare, reinterpret_cast<void*>(T::compare_scalars)},
                         {Py_nb_float, reinterpret_cast<void*>(T::to_float)},
                         {0, nullptr}};
  const std::string qualified = "_switchyard." + name;
  PyType_Spec spec = {qualified.c_str(), sizeof(Scalar), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  const py::tuple bases =
      py::make_tuple(py::handle(reinterpret_cast<PyObject*>(&PyGenericArrType_Type)));
  T::scalar = reinterpret_cast<PyTypeObject*>(PyType_FromSpecWithBases(&spec, bases.ptr()));
  if (!T::scalar) throw py::error_already_set();
  PyArray_InitArrFuncs(&T::functions);
  T::functions.getitem = T::get;
  T::functions.setitem = T::set;
  T::functions.copyswap = T::copy_one;
  T::functions.copyswapn = T::copy_many;
  T::functions.nonzero = T::nonzero;
  T::functions.compare = T::compare;
  T::functions.fill = T::fill;
  T::functions.argmax = T::find_max;
  auto* proto = PyObject_New(PyArray_Descr, &PyArrayDescr_Type);
  std::memset(reinterpret_cast<char*>(proto) + sizeof(PyObject), 0,
              sizeof(PyArray_Descr) - sizeof(PyObject));
  proto->typeobj = T::scalar;
  proto->kind = 'V';
  proto->type = 'E';
  proto->byteorder = '=';
  proto->flags = NPY_NEEDS_PYAPI | NPY_USE_GETITEM | NPY_USE_SETITEM;
  proto->elsize = bytes_of(T::kType);
  proto->alignment = bytes_of(T::kType);
  proto->f = &T::functions;
  proto->hash = -1;
  type_numbers[I] = PyArray_RegisterDataType(proto);
  if (type_numbers[I] < 0) throw py::error_already_set();
  T::descr = PyArray_DescrFromType(type_numbers[I]);
  known[name.c_str()] = py::handle(reinterpret_cast<PyObject*>(T::scalar));
  return true;
}

template <std::size_t... I>
void register_all(const py::module_& numpy, std::index_sequence<I...> all) {
  const bool fresh = (register_type<I>(numpy) && ...);
  if (!fresh) return;  // another package's types serve
  (add_all_casts<I>(all), ...);
  (add_loops(I, numpy), ...);
}

}  // namespace

void register_numpy_types(py::module_& m) {
  if (_import_array() < 0 || _import_umath() < 0) throw py::error_already_set();
  const py::module_ numpy = py::module_::import("numpy");
  register_all(numpy, std::make_index_sequence<kCount>());
  m.attr("numpy_types") = true;
}

}  // namespace switchyard::python
