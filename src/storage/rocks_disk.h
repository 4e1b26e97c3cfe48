// What RocksDB's store says of its disk: space, failures, checkpoints. Internal to the engine.

#pragma once

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/listener.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/stop.h"
#include "storage/disk.h"

namespace sluice::storage {

// Remembers that RocksDB could not write its log, or begin a new one with a new memtable. It writes
// nothing any more then; but 7.8 as Debian builds it, with assertions, ends the process if it is
// asked to sync such a log, or to flush such a memtable. So whoever syncs, flushes, compacts a
// range or makes a checkpoint asks here first. May be used by any thread.
class LogFailure final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason,
                         rocksdb::Status* /*status*/) override {
    if (reason == rocksdb::BackgroundErrorReason::kMemTable ||
        reason == rocksdb::BackgroundErrorReason::kWriteCallback)
      happened_ = true;
  }
  void OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) override {
    if (info.new_bg_error.ok()) happened_ = false;
  }
  bool happened() const { return happened_; }
  // An error where it has happened.
  Result<void> Check(std::string_view doing) const;

 private:
  std::atomic<bool> happened_ = false;
};

// `env`: a test's own file system, which says what is left of it; else null.
DiskSpace DiskSpaceOf(rocksdb::DB& db, const std::string& folder, rocksdb::Env* env);

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
