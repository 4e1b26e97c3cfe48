// What RocksDB's store says of its disk: space, failures, checkpoints. Internal to the engine.

#pragma once

#include <rocksdb/db.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/stop.h"
#include "storage/disk.h"

namespace sluice::storage {

// `files`: a test's own file system, which says what is left of it; else null.
DiskSpace DiskSpaceOf(rocksdb::DB& db, const std::string& folder, rocksdb::FileSystem* files);

// As Store::Backup.
Result<BackupReport> TakeRocksBackup(rocksdb::DB& db, const std::string& folder,
                                     const BackupOptions& options, const Stop& stop);

// Remembers the failure of a write until one succeeds again. May be used by any thread.
class FailureNote {
 public:
  // The status as a result.
  Result<void> Noted(const rocksdb::Status& status, std::string_view doing);
  Result<void> Noted(Result<void> result);
  // The failure that stands, or one that RocksDB met in the background and has stopped for.
  Result<void> Health(rocksdb::DB& db) const;

 private:
  void Note(const std::optional<Error>& failure);

  std::atomic<bool> failed_ = false;
  mutable std::mutex failure_mutex_;
  std::optional<Error> failure_;
};

}  // namespace sluice::storage
