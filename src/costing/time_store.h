// Seconds by key, remembered on disk: simulating a model's kernels takes seconds, looking them up
// microseconds.
//
// One SQLite file in write-ahead mode. Several processes may use it at once; one that is killed
// loses at most what it has not written; a full or read-only disk, or a damaged file, costs speed
// and nothing else: times are then simulated again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

struct sqlite3;

namespace switchyard::costing {

class TimeStore {
 public:
  // $SWITCHYARD_CACHE, else $XDG_CACHE_HOME/switchyard, else ~/.cache/switchyard.
  static std::filesystem::path default_directory();
  // A file in `directory`, made with it when first needed.
  explicit TimeStore(const std::filesystem::path& directory);
  ~TimeStore();
  TimeStore(const TimeStore&) = delete;
  TimeStore& operator=(const TimeStore&) = delete;

  struct Entry {
    std::string key;
    double seconds = 0;
  };
  // Every entry whose key begins with `prefix`.
  std::vector<Entry> load(const std::string& prefix);
  // All or none, in one transaction. False if they could not be kept.
  bool save(const std::vector<Entry>& entries);

 private:
  bool open();

  std::filesystem::path directory_;
  sqlite3* database_ = nullptr;
  bool tried_ = false;
};

}  // namespace switchyard::costing
