#include "pipe/dataset_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::pipe {
namespace {

// How many entities are read from one snapshot before a newer one is taken.
constexpr size_t kEntitiesPerSnapshot = 20'000;

}  // namespace

Result<void> DatasetReader::Renew() {
  snapshot_ = read_.snapshot ? read_.snapshot : store_.TakeSnapshot();
  SLUICE_TRY(const auto info, snapshot_->FindDataset(read_.dataset));
  if (!info) {
    log_.reset();
    ended_ = true;
    found_ = false;
    return {};
  }
  if (number_ && info->number != *number_) {
    return MakeError(Code::kConflict, "the dataset \"{}\" was replaced while it was read",
                     read_.dataset);
  }
  found_ = true;
  number_ = info->number;
  if (!first_end_) first_end_ = info->next_offset;
  const bool incremental = read_.kind == RunKind::kIncremental;
  storage::ReadOptions options{.from = next_, .history = read_.history};
  if (incremental) options.to = std::max(*first_end_, next_);
  last_snapshot_ = read_.snapshot != nullptr || incremental || next_ >= *first_end_;
  SLUICE_TRY(log_, snapshot_->ReadLog(*number_, options));
  read_from_snapshot_ = 0;
  return {};
}

Result<Batch> DatasetReader::Next(size_t entities_max, const Stop& stop) {
  Batch batch;
  while (batch.entities.empty() && !ended_) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
    if (!read_.snapshot && read_from_snapshot_ >= kEntitiesPerSnapshot && !Finishing()) {
      SLUICE_TRY(Renew());
      continue;
    }
    SLUICE_TRY(log_->Next(entities_max, *batch.arena, batch.entities));
    next_ = std::max(next_, log_->position());
    read_from_snapshot_ += batch.entities.size();
    if (!batch.entities.empty()) break;
    if (last_snapshot_) {
      ended_ = true;
    } else {
      SLUICE_TRY(Renew());
    }
  }
  batch.snapshot = snapshot_;
  return batch;
}

std::string IncarnationName(const storage::DatasetInfo& info) {
  std::string name = fmt::format("{}:", info.number);
  for (const uint8_t byte : info.uuid) fmt::format_to(std::back_inserter(name), "{:02x}", byte);
  return name;
}

}  // namespace sluice::pipe
