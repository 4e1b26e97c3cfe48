// A file system for RocksDB that can lose power: from then on nothing is written any more, and what
// was not synced is cut off, down to a random byte of it, by seed.

#pragma once

#include <rocksdb/file_system.h>

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/random.h"

namespace sluice::storage::testing {

class FaultFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultFileSystem(uint64_t seed)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), random_(seed) {}

  const char* Name() const override { return "FaultFileSystem"; }

  // Every write, sync and change of names fails from now on.
  void LosePower() {
    const std::lock_guard lock(files_mutex_);
    dead_ = true;
  }

  // To be called once nothing has the files open: cuts them as the loss of power left them.
  void CutFiles() {
    const std::lock_guard lock(files_mutex_);
    for (const auto& [name, file] : files_) {
      if (file.synced == file.size || !std::filesystem::exists(name)) continue;
      std::filesystem::resize_file(name, file.synced + random_.Below(file.size - file.synced + 1));
      ++files_cut_;
    }
    files_.clear();
  }

  uint64_t files_cut() const { return files_cut_; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override {
    if (const auto dead = Dead(); !dead.ok()) return dead;
    return Track(name, 0, FileSystemWrapper::NewWritableFile(name, options, result, debug), result);
  }
  rocksdb::IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* result,
                                       rocksdb::IODebugContext* debug) override {
    if (const auto dead = Dead(); !dead.ok()) return dead;
    std::error_code none;
    const auto size = std::filesystem::exists(name) ? std::filesystem::file_size(name, none) : 0;
    return Track(name, size, FileSystemWrapper::ReopenWritableFile(name, options, result, debug),
                 result);
  }
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    if (const auto dead = Dead(); !dead.ok()) return dead;
    const auto status = FileSystemWrapper::RenameFile(from, to, options, debug);
    const std::lock_guard lock(files_mutex_);
    if (const auto found = files_.find(from); status.ok() && found != files_.end()) {
      files_[to] = found->second;
      files_.erase(from);
    }
    return status;
  }
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    if (const auto dead = Dead(); !dead.ok()) return dead;
    const std::lock_guard lock(files_mutex_);
    files_.erase(name);
    return FileSystemWrapper::DeleteFile(name, options, debug);
  }

 private:
  struct FileState {
    uint64_t size = 0;
    uint64_t synced = 0;
  };

  class TrackedFile final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    TrackedFile(std::unique_ptr<rocksdb::FSWritableFile> file, FaultFileSystem& system,
                std::string name)
        : FSWritableFileOwnerWrapper(std::move(file)), system_(system), name_(std::move(name)) {}

    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      if (const auto dead = system_.Dead(); !dead.ok()) return dead;
      const auto status = FSWritableFileOwnerWrapper::Append(data, options, debug);
      if (status.ok()) system_.Appended(name_, data.size());
      return status;
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo&,
                             rocksdb::IODebugContext* debug) override {
      return Append(data, options, debug);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
      return Synced([&] { return FSWritableFileOwnerWrapper::Sync(options, debug); });
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override {
      return Synced([&] { return FSWritableFileOwnerWrapper::Fsync(options, debug); });
    }

   private:
    template <class Call>
    rocksdb::IOStatus Synced(const Call& call) {
      if (const auto dead = system_.Dead(); !dead.ok()) return dead;
      const uint64_t size = system_.SizeOf(name_);
      const auto status = call();
      if (status.ok()) system_.MarkSynced(name_, size);
      return status;
    }

    FaultFileSystem& system_;
    const std::string name_;
  };

  rocksdb::IOStatus Dead() {
    const std::lock_guard lock(files_mutex_);
    return dead_ ? rocksdb::IOStatus::IOError("the power is off") : rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Track(const std::string& name, uint64_t size, const rocksdb::IOStatus& status,
                          std::unique_ptr<rocksdb::FSWritableFile>* result) {
    if (!status.ok()) return status;
    const std::lock_guard lock(files_mutex_);
    files_[name] = {size, size};
    *result = std::make_unique<TrackedFile>(std::move(*result), *this, name);
    return status;
  }
  void Appended(const std::string& name, uint64_t bytes) {
    const std::lock_guard lock(files_mutex_);
    files_[name].size += bytes;
  }
  uint64_t SizeOf(const std::string& name) {
    const std::lock_guard lock(files_mutex_);
    return files_[name].size;
  }
  void MarkSynced(const std::string& name, uint64_t size) {
    const std::lock_guard lock(files_mutex_);
    files_[name].synced = std::max(files_[name].synced, size);
  }

  std::mutex files_mutex_;
  std::map<std::string, FileState> files_;
  bool dead_ = false;
  uint64_t files_cut_ = 0;
  SeededRandom random_;
};

}  // namespace sluice::storage::testing
