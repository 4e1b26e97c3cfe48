// The disk: how much of it has to be free for writers to go on, and copies of the store.

#include "storage/disk_full.h"
#include "storage/engine_store.h"

namespace sluice::storage {

SpaceStatus EngineStore::Space() const {
  SpaceStatus status{.disk = engine_->Disk()};
  if (options_.free_space_min <= 0) return status;
  const auto share = options_.free_space_min * static_cast<double>(status.disk.total_bytes);
  // Writing what is in memory to files must not take the last of it.
  status.needed_bytes = static_cast<uint64_t>(share) + status.disk.unflushed_bytes;
  status.stopped = status.disk.free_bytes < status.needed_bytes;
  return status;
}

Result<void> EngineStore::RequireSpace() {
  if (options_.free_space_min <= 0) return {};
  const auto status = Space();
  if (space_stopped_.exchange(status.stopped) != status.stopped && options_.on_space) {
    options_.on_space(status);
  }
  if (!status.stopped) return {};
  return MakeError(Code::kUnavailable, "{}: {} bytes are free, writing needs {} (of {})", kDiskFull,
                   status.disk.free_bytes, status.needed_bytes, status.disk.total_bytes);
}

Result<void> EngineStore::Health() const { return engine_->Health(); }

Result<BackupReport> EngineStore::Backup(const BackupOptions& options, const Stop& stop) {
  return engine_->Backup(options, stop);
}

}  // namespace sluice::storage
