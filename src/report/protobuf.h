// Protocol buffer wire format, writing only: enough for a message whose fields one knows by number.
// Source: protobuf.dev/programming-guides/encoding.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace switchyard::report {

// Appends fields to a string. Nested messages are written into a buffer of their own first.
class ProtoWriter {
 public:
  explicit ProtoWriter(std::string& out) : out_(out) {}

  void varint(int field, std::uint64_t value) {
    tag(field, 0);
    raw_varint(value);
  }
  void fixed64(int field, std::uint64_t value) {
    tag(field, 1);
    for (int i = 0; i < 8; ++i) out_ += static_cast<char>(value >> (8 * i) & 0xFF);
  }
  void bytes(int field, std::string_view value) {
    tag(field, 2);
    raw_varint(value.size());
    out_ += value;
  }

 private:
  void tag(int field, unsigned wire_type) {
    raw_varint(static_cast<std::uint64_t>(field) << 3 | wire_type);
  }
  void raw_varint(std::uint64_t value) {
    while (value >= 0x80) {
      out_ += static_cast<char>(value | 0x80);
      value >>= 7;
    }
    out_ += static_cast<char>(value);
  }

  std::string& out_;
};

}  // namespace switchyard::report
