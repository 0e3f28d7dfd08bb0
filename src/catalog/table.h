// One table of a catalog file, with the path that names the estimates in it.
#pragma once

#include <string>
#include <string_view>

#include "base/document.h"
#include "catalog/estimate.h"

namespace switchyard::catalog {

// Faults go to the reader's FaultList; what is returned for a faulty field is harmless.
class Table {
 public:
  // `path` as in "chips/trn3/power".
  Table(ObjectReader fields, std::string path)
      : fields_(std::move(fields)), path_(std::move(path)) {}

  ObjectReader& fields() { return fields_; }
  const std::string& path() const { return path_; }

  // A string for people: not empty, no control characters (it is printed on terminals).
  std::string text(std::string_view key);
  std::string text_or_empty(std::string_view key);

  Estimate estimate(std::string_view key, Dimension dimension);  // 0 or more
  Estimate positive(std::string_view key, Dimension dimension);  // low > 0: it is divided by
  Estimate share(std::string_view key);                          // of a whole: 0 < low, high <= 1

  // The table under `key`, absence being a fault, read by `read(Table&)`. Keys that `read` leaves
  // are faults.
  template <class Read>
  void section(std::string_view key, Read read) {
    if (!holds_table(key)) return;
    Table inner(fields_.inside(key, *fields_.find(key)), path_ + "/" + std::string(key));
    read(inner);
    inner.fields().reject_unknown();
  }

 private:
  bool holds_table(std::string_view key);

  ObjectReader fields_;
  std::string path_;
};

// A string that is not empty and has no control characters; else a fault.
void check_text(ObjectReader& reader, std::string_view key, const std::string& text);

}  // namespace switchyard::catalog
