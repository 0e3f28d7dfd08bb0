// Errors as values: what the user got wrong and how to put it right.
//
// Result<T> holds a T or an Error. It is for mistakes in the user's input and for the outside world
// (a missing file); broken invariants of our own abort through SWITCHYARD_CHECK instead. Nothing
// below cli/ throws.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace switchyard {

enum class ErrorKind {
  kUsage,       // a flag or argument
  kInput,       // the content of a file
  kUnknown,     // a name that stands for nothing we know
  kImpossible,  // well formed, but cannot be satisfied
  kIo,          // the outside: missing file, full disk
};

struct Error {
  ErrorKind kind = ErrorKind::kInput;
  std::string where;             // file:line or file, then the path of the field; or the flag
  std::string found;             // what stands there
  std::string wanted;            // what would be accepted
  std::string hint;              // optional: did you mean, how to go on
  std::vector<Error> also = {};  // further faults of the same input, in order
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

// "where: found X, wanted Y (hint)", one line an error, `also` included; at most `lines_max` lines.
std::string to_text(const Error& error, int lines_max = 20);

}  // namespace switchyard

// Returns the error of an expression early, or goes on with `name` bound to its value.
#define SWITCHYARD_CONCAT_(a, b) a##b
#define SWITCHYARD_CONCAT(a, b) SWITCHYARD_CONCAT_(a, b)
#define SWITCHYARD_TRY(name, expression)                                                \
  auto SWITCHYARD_CONCAT(result_, __LINE__) = (expression);                             \
  if (!SWITCHYARD_CONCAT(result_, __LINE__))                                            \
    return ::switchyard::fail(std::move(SWITCHYARD_CONCAT(result_, __LINE__)).error()); \
  auto name = std::move(*SWITCHYARD_CONCAT(result_, __LINE__)) /* NOLINT: a name, no value */
#define SWITCHYARD_TRY_STATUS(expression) \
  if (auto status_ = (expression); !status_) return ::switchyard::fail(std::move(status_).error())
