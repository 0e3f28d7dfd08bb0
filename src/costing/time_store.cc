#include "costing/time_store.h"

#include <sqlite3.h>

#include <cstdlib>

namespace switchyard::costing {

namespace {

constexpr int kBusyMilliseconds = 2000;
constexpr const char* kSchema =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
    "CREATE TABLE IF NOT EXISTS times (key TEXT PRIMARY KEY, seconds REAL NOT NULL) STRICT, "
    "WITHOUT ROWID;";

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

Statement prepare(sqlite3* database, const char* text) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database, text, -1, &statement, nullptr);
  return Statement(statement);
}

void bind(sqlite3_stmt* statement, int index, const std::string& text) {
  sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

bool run(sqlite3* database, const char* text) {
  return sqlite3_exec(database, text, nullptr, nullptr, nullptr) == SQLITE_OK;
}

}  // namespace

std::filesystem::path TimeStore::default_directory() {
  const auto from = [](const char* name) -> std::filesystem::path {
    const char* value = std::getenv(name);
    return value ? value : "";
  };
  if (const auto own = from("SWITCHYARD_CACHE"); !own.empty()) return own;
  if (const auto cache = from("XDG_CACHE_HOME"); !cache.empty()) return cache / "switchyard";
  if (const auto home = from("HOME"); !home.empty()) return home / ".cache" / "switchyard";
  return {};
}

TimeStore::TimeStore(const std::filesystem::path& directory) : directory_(directory) {}

TimeStore::~TimeStore() { sqlite3_close(database_); }

bool TimeStore::open() {
  if (tried_) return database_ != nullptr;
  tried_ = true;
  if (directory_.empty()) return false;
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  const std::string file = (directory_ / "kernel-times.sqlite").string();
  const int opened = sqlite3_open(file.c_str(), &database_);
  sqlite3_busy_timeout(database_, kBusyMilliseconds);
  if (opened == SQLITE_OK && run(database_, kSchema)) return true;
  sqlite3_close(database_);
  database_ = nullptr;
  return false;
}

std::vector<TimeStore::Entry> TimeStore::load(const std::string& prefix) {
  std::vector<Entry> entries;
  if (!open()) return entries;
  const Statement statement = prepare(
      database_, "SELECT key, seconds FROM times WHERE key >= ?1 AND key < ?1 || char(1114111)");
  if (!statement) return entries;
  bind(statement.get(), 1, prefix);
  while (sqlite3_step(statement.get()) == SQLITE_ROW) {
    const auto* key = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 0));
    entries.push_back({key, sqlite3_column_double(statement.get(), 1)});
  }
  return entries;
}

bool TimeStore::save(const std::vector<Entry>& entries) {
  if (entries.empty()) return true;
  if (!open() || !run(database_, "BEGIN IMMEDIATE")) return false;
  bool good = true;
  {
    const Statement statement =
        prepare(database_, "INSERT OR REPLACE INTO times (key, seconds) VALUES (?1, ?2)");
    for (const Entry& entry : entries) {
      if (!statement || !good) break;
      bind(statement.get(), 1, entry.key);
      sqlite3_bind_double(statement.get(), 2, entry.seconds);
      good = sqlite3_step(statement.get()) == SQLITE_DONE;
      sqlite3_reset(statement.get());
    }
    good &= statement != nullptr;
  }
  if (good && run(database_, "COMMIT")) return true;
  run(database_, "ROLLBACK");
  return false;
}

}  // namespace switchyard::costing
