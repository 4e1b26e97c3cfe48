// The folder of a store on disk: its lock and its format.
//
//   FORMAT   "sluice-store 1": the version of everything in the folder
//   LOCK     held while a process has the store open
//   db/      RocksDB

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

  StoreFolder() = default;
  StoreFolder(StoreFolder&& other) noexcept { Swap(other); }
  StoreFolder& operator=(StoreFolder&& other) noexcept {
    Swap(other);
    return *this;
  }
  ~StoreFolder();

  std::string database_path() const { return folder_ + "/db"; }

 private:
  void Swap(StoreFolder& other) {
    std::swap(folder_, other.folder_);
    std::swap(lock_file_, other.lock_file_);
  }

  std::string folder_;
  int lock_file_ = -1;
};

}  // namespace sluice::storage
