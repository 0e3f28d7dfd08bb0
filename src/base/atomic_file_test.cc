#include "base/atomic_file.h"

#include <gtest/gtest.h>

#include "base/files.h"

namespace switchyard {
namespace {

namespace fs = std::filesystem;

class AtomicFileTest : public ::testing::Test {
 protected:
  AtomicFileTest() {
    std::string name = (fs::temp_directory_path() / "atomic.XXXXXX").string();
    directory_ = mkdtemp(name.data());
  }
  ~AtomicFileTest() override { fs::remove_all(directory_); }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
  }
  fs::path directory_;
};

TEST_F(AtomicFileTest, AppearsWhenCommitted) {
  const fs::path path = directory_ / "trace";
  {
    auto file = AtomicFile::create(path);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write("one "));
    ASSERT_TRUE(file->write("two"));
    EXPECT_FALSE(fs::exists(path));
    ASSERT_TRUE(file->commit());
  }
  EXPECT_EQ(read_file(path).value(), "one two");
  EXPECT_EQ(files(), 1u);
}

TEST_F(AtomicFileTest, LeavesNothingWithoutCommit) {
  const fs::path path = directory_ / "trace";
  ASSERT_TRUE(write_file_atomically(path, "old"));
  {
    auto file = AtomicFile::create(path);
    ASSERT_TRUE(file->write("new"));
  }
  EXPECT_EQ(read_file(path).value(), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(AtomicFileTest, NamesWhatIsWrong) {
  EXPECT_EQ(AtomicFile::create(directory_ / "none" / "x").error().wanted, "an existing directory");
  EXPECT_EQ(AtomicFile::create(directory_).error().found, "is a directory");
}

TEST_F(AtomicFileTest, WritesToADeviceDirectly) {
  auto file = AtomicFile::create("/dev/full");
  ASSERT_TRUE(file);
  EXPECT_FALSE(file->write("x"));
}

}  // namespace
}  // namespace switchyard
