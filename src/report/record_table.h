// The columns of a per-request record, the same in CSV and SQLite.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "workload/source.h"
#include "workload/workload.h"

namespace switchyard::report {

enum class ColumnKind { kInteger, kReal, kText };

struct RecordColumn {
  std::string_view name;
  ColumnKind kind;
};

// Times are seconds of the simulated clock. Latencies are empty where they have no meaning: all of
// a request that was not served, TPOT of one with fewer than two output tokens.
inline constexpr std::array<RecordColumn, 20> kRecordColumns = {{
    {"id", ColumnKind::kInteger},
    {"session", ColumnKind::kInteger},
    {"outcome", ColumnKind::kText},
    {"priority", ColumnKind::kInteger},
    {"arrival_s", ColumnKind::kReal},
    {"first_scheduled_s", ColumnKind::kReal},
    {"first_token_s", ColumnKind::kReal},
    {"finish_s", ColumnKind::kReal},
    {"ttft_ms", ColumnKind::kReal},
    {"tpot_ms", ColumnKind::kReal},
    {"e2e_ms", ColumnKind::kReal},
    {"input_tokens", ColumnKind::kInteger},
    {"output_tokens", ColumnKind::kInteger},
    {"cached_tokens", ColumnKind::kInteger},
    {"preemptions", ColumnKind::kInteger},
    {"retries", ColumnKind::kInteger},
    {"replica", ColumnKind::kInteger},
    {"prefill_replica", ColumnKind::kInteger},
    {"meets_slo", ColumnKind::kInteger},
    {"chip_joules", ColumnKind::kReal},
}};

struct RecordCell {
  bool empty = false;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text;
};

std::array<RecordCell, kRecordColumns.size()> record_cells(const workload::RequestRecord& record,
                                                           const workload::Slo& slo);

}  // namespace switchyard::report
