// LogGuard: keeps failures of RocksDB's log of writes away from RocksDB. Internal to the engine.
//
// RocksDB 7.8 as Debian builds it, with assertions, ends the process where a log that could not be
// written is synced, or where a memtable with deleted ranges is switched again after a new log
// could not be made. No look beforehand prevents it: threads write, sync and flush side by side,
// and RocksDB tries again by itself once a full disk has room. So what fails on the log is told to
// the engine, and to RocksDB all is well: the log takes what comes and keeps nothing of it. To
// leave on the disk what the log had up to the failure and no more, no file is made, linked or
// renamed any more. Whatever was committed since is lost when the store is opened again, as by a
// loss of power; the engine tells nobody that it is durable.

#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "storage/journals.h"

namespace sluice::storage {

// Remembers that the log could not be written, until the store is opened again. May be used by any
// thread.
class LogFailure {
 public:
  void Note() { happened_ = true; }
  bool happened() const { return happened_; }
  // An error where it has happened.
  Result<void> Check(std::string_view doing) const;

 private:
  std::atomic<bool> happened_ = false;
};

// The file system `base` with the logs of the database in the folder `database` guarded, and its
// journals known to `journals`. Once one of those is found damaged no file is changed any more, so
// that opening fails and leaves all as it was.
std::shared_ptr<rocksdb::FileSystem> MakeLogGuard(std::shared_ptr<rocksdb::FileSystem> base,
                                                  std::string_view database,
                                                  std::shared_ptr<LogFailure> failure,
                                                  std::shared_ptr<Journals> journals);

}  // namespace sluice::storage
