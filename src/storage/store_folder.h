// The folder of a store on disk: its lock and its format.
//
//   FORMAT   "sluice-store 1": the version of everything in the folder
//   LOCK     held while a process has the store open
//   SYNCED   how far the log of writes was on the disk (synced_mark.h)
//   db/      RocksDB
//   bulk/    the files of bulk loads until they are RocksDB's

#pragma once

#include <string>
#include <utility>

#include "base/error.h"

namespace sluice::storage {

class StoreFolder {
 public:
  // Makes what is missing. kConflict if a store is open in the folder, kBadConfig if its format is
  // newer than this program's, kIo as the disk says.
  static Result<StoreFolder> Open(const std::string& folder);

  // Makes a new folder without a database, and locks it. kConflict if there is something already.
  static Result<StoreFolder> Make(const std::string& folder);

  // That the folder's format is one that this program knows; kNotFound if it has none.
  static Result<void> CheckFormatOf(const std::string& folder);

  StoreFolder() = default;
  StoreFolder(StoreFolder&& other) noexcept { Swap(other); }
  StoreFolder& operator=(StoreFolder&& other) noexcept {
    Swap(other);
    return *this;
  }
  ~StoreFolder();

  const std::string& path() const { return folder_; }
  std::string database_path() const { return folder_ + "/db"; }
  std::string bulk_path() const { return folder_ + "/bulk"; }

 private:
  static Result<StoreFolder> Lock(const std::string& folder);

  void Swap(StoreFolder& other) {
    std::swap(folder_, other.folder_);
    std::swap(lock_file_, other.lock_file_);
  }

  std::string folder_;
  int lock_file_ = -1;
};

}  // namespace sluice::storage
