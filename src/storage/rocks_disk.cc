#include "storage/rocks_disk.h"

#include <rocksdb/utilities/checkpoint.h>
#include <sys/statvfs.h>

#include <filesystem>
#include <memory>

#include "storage/backup.h"
#include "storage/rocks_options.h"

namespace sluice::storage {
namespace {

// Removes a folder before and after its use.
class RemovedFolder {
 public:
  explicit RemovedFolder(std::string path) : path_(std::move(path)) { Remove(); }
  ~RemovedFolder() { Remove(); }
  RemovedFolder(const RemovedFolder&) = delete;
  RemovedFolder& operator=(const RemovedFolder&) = delete;

 private:
  void Remove() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string path_;
};

}  // namespace

DiskSpace DiskSpaceOf(rocksdb::DB& db, const std::string& folder, rocksdb::FileSystem* files) {
  DiskSpace space;
  struct statvfs disk;
  // A disk that cannot be asked is not taken for a full one: its errors come with the writes.
  if (statvfs(folder.c_str(), &disk) != 0) return space;
  space.total_bytes = static_cast<uint64_t>(disk.f_blocks) * disk.f_frsize;
  space.free_bytes = static_cast<uint64_t>(disk.f_bavail) * disk.f_frsize;
  if (files != nullptr &&
      !files->GetFreeSpace(folder, rocksdb::IOOptions(), &space.free_bytes, nullptr).ok())
    space.free_bytes = 0;
  uint64_t unflushed = 0;
  if (db.GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &unflushed))
    space.unflushed_bytes = unflushed;
  return space;
}

Result<BackupReport> TakeRocksBackup(rocksdb::DB& db, const std::string& folder,
                                     const BackupOptions& options, const Stop& stop) {
  const std::string path = folder + "/backup.tmp";
  const RemovedFolder staging(path);
  rocksdb::Checkpoint* made = nullptr;
  auto status = rocksdb::Checkpoint::Create(&db, &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint(path);
  if (!status.ok())
    return FromRocksStatus(status, fmt::format("making a backup in {}", options.folder));
  return TakeBackupFiles(path, options, stop);
}

Result<void> FailureNote::Noted(const rocksdb::Status& status, std::string_view doing) {
  return Noted(status.ok() ? Result<void>() : FromRocksStatus(status, doing));
}

Result<void> FailureNote::Noted(Result<void> result) {
  if (!result.ok()) {
    Note(result.error());
  } else if (failed_.load(std::memory_order_relaxed)) {
    Note(std::nullopt);
  }
  return result;
}

void FailureNote::Note(const std::optional<Error>& failure) {
  const std::lock_guard lock(failure_mutex_);
  failure_ = failure;
  failed_ = failure.has_value();
}

Result<void> FailureNote::Health(rocksdb::DB& db) const {
  {
    const std::lock_guard lock(failure_mutex_);
    if (failure_) return *failure_;
  }
  uint64_t errors = 0;
  uint64_t stopped = 0;
  db.GetIntProperty(rocksdb::DB::Properties::kBackgroundErrors, &errors);
  db.GetIntProperty(rocksdb::DB::Properties::kIsWriteStopped, &stopped);
  if (stopped == 0 || errors == 0) return {};
  return MakeError(Code::kIo, "the store has stopped writing after {} failures of the disk",
                   errors);
}

}  // namespace sluice::storage
