#include "base/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <fstream>

namespace switchyard {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Files : public ::testing::Test {
 protected:
  Files() {
    std::string name = (fs::temp_directory_path() / "switchyard_files.XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~Files() override { fs::remove_all(folder_); }

  fs::path write(const std::string& name, std::string_view content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return folder_ / name;
  }
  fs::path compress(const std::string& name, const std::string& content) const {
    const fs::path path = folder_ / name;
    const gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
    gzclose(file);
    return path;
  }
  std::ptrdiff_t entries() const {
    return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  }

  fs::path folder_;
};

template <class T>
std::string fault(const Result<T>& result) {
  EXPECT_FALSE(result.has_value());
  if (result) return {};
  EXPECT_EQ(result.error().kind, ErrorKind::kIo);
  return to_text(result.error());
}

TEST_F(Files, AreReadWhole) {
  const std::string bytes("a\0b\r\n\xff", 6);
  EXPECT_EQ(*read_file(write("a", bytes)), bytes);
  EXPECT_EQ(*read_file(write("empty", "")), "");
}

TEST_F(Files, AreReadUpToTheBoundAndNotBeyond) {
  const auto path = write("a", "12345");
  EXPECT_EQ(*read_file(path, 5), "12345");
  EXPECT_THAT(fault(read_file(path, 4)), HasSubstr("has 5 bytes; wanted at most 4 bytes"));
}

TEST_F(Files, NameWhatCannotBeRead) {
  EXPECT_THAT(fault(read_file(folder_ / "none")), HasSubstr("none: no such file"));
  EXPECT_THAT(fault(read_file(folder_)), HasSubstr("is a directory; wanted a file"));
}

TEST_F(Files, AreBoundedEvenWhenEndless) {
  EXPECT_FALSE(read_file("/dev/zero", 1 << 16).has_value());
}

TEST_F(Files, AreDecompressedByTheirEnding) {
  const std::string text(1 << 20, 'x');
  EXPECT_EQ(*read_text_or_gzip(compress("a.gz", text), text.size()), text);
  EXPECT_EQ(*read_text_or_gzip(write("plain.csv", "a,b"), 10), "a,b");
  EXPECT_THAT(fault(read_text_or_gzip(folder_ / "a.gz", text.size() - 1)),
              HasSubstr("is too long once decompressed; wanted at most 1048575 bytes"));
}

TEST_F(Files, ThatAreDamagedGzipAreNamed) {
  compress("whole.gz", "a text that is long enough to be cut in two");
  const std::string whole = *read_file(folder_ / "whole.gz");
  const auto cut = write("cut.gz", std::string_view(whole).substr(0, whole.size() / 2));
  EXPECT_THAT(fault(read_text_or_gzip(cut, 1000)), HasSubstr("cut.gz"));
  std::string changed = whole;
  changed[changed.size() / 2] = static_cast<char>(~changed[changed.size() / 2]);
  EXPECT_THAT(fault(read_text_or_gzip(write("changed.gz", changed), 1000)),
              HasSubstr("changed.gz"));
}

TEST_F(Files, AreReplacedWhole) {
  const auto path = write("out", "old");
  ASSERT_TRUE(write_file_atomically(path, "new").has_value());
  EXPECT_EQ(*read_file(path), "new");
  EXPECT_EQ(entries(), 1) << "no temporary file stays";
}

TEST_F(Files, AreNotWrittenWhereThatCannotWork) {
  EXPECT_THAT(fault(write_file_atomically(folder_ / "no" / "out", "x")),
              HasSubstr("there is no directory"));
  EXPECT_THAT(fault(write_file_atomically(folder_, "x")), HasSubstr("is a directory"));
  EXPECT_EQ(entries(), 0);
}

TEST_F(Files, ThatAreDevicesAreWrittenInPlace) {
  EXPECT_TRUE(write_file_atomically("/dev/null", "x").has_value());
  EXPECT_THAT(fault(write_file_atomically("/dev/full", "x")), HasSubstr("could not be written"));
}

}  // namespace
}  // namespace switchyard
