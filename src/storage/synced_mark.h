// SyncedMark: up to where the journals were on the disk when somebody last looked.
//
// A log whose end is damaged looks like one that lost power while its end was being written, and
// RocksDB opens it without the damaged end. The mark tells the two apart: what was synced must be
// there. It is written after each sync and never synced itself, so it is never ahead of the log.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "storage/journals.h"

namespace sluice::storage {

struct SyncedState {
  uint64_t sequence = 0;                // Of the last change that was synced.
  std::vector<JournalPrefix> journals;  // kSyncedJournalsMax at most.
};

inline constexpr size_t kSyncedJournalsMax = 48;

class SyncedMark {
 public:
  // Makes FOLDER/SYNCED if it is not there.
  static Result<SyncedMark> Open(const std::string& folder);

  SyncedMark() = default;
  SyncedMark(SyncedMark&& other) noexcept
      : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}
  SyncedMark& operator=(SyncedMark&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(file_, other.file_);
    return *this;
  }
  ~SyncedMark();

  // Nothing where none was written yet, or it is damaged itself: then nothing can be told.
  std::optional<SyncedState> Read() const;
  // Overwrites the mark in place, so a full disk does not fail it; a failing one does.
  Result<void> Write(const SyncedState& state) const;

 private:
  Result<void> WriteBytes(const std::string& bytes) const;

  std::string path_;
  int file_ = -1;
};

}  // namespace sluice::storage
