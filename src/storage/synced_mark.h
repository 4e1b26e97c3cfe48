// SyncedMark: up to where the log of writes was on the disk when somebody last looked.
//
// A log whose end is damaged looks like one that lost power while its end was being written, and
// RocksDB opens it without the damaged end. The mark tells the two apart: what was synced must be
// there. It is written after each sync and never synced itself, so it is never ahead of the log.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"

namespace sluice::storage {

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
  std::optional<uint64_t> Read() const;
  // Overwrites the mark in place, so a full disk does not fail it; a failing one does.
  Result<void> Write(uint64_t sequence) const;

 private:
  std::string path_;
  int file_ = -1;
};

}  // namespace sluice::storage
