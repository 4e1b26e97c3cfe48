// A file system for RocksDB that fails by seed: it loses power, fails, tears and delays writes,
// runs out of space, and flips bits in what is written and read.

#pragma once

#include <rocksdb/file_system.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/stop.h"
#include "tests/support/bit_flips.h"

namespace sluice::storage::testing {

struct FaultPlan {
  // Power is lost at the change of a file after so many.
  std::optional<uint64_t> power_lost_after = {};
  uint64_t fail_one_in = 0;  // One change of a file in so many fails, torn; 0: none.
  // Only logs fail: RocksDB waits a second after each failure of its background threads.
  bool only_logs_fail = true;
  std::optional<int64_t> free_bytes = {};
  std::chrono::nanoseconds sync_delay{0};
  std::chrono::nanoseconds write_delay{0};
  // One append or read in so many, of logs and tables, has a bit flipped; 0: none.
  uint64_t flip_write_one_in = 0;
  uint64_t flip_read_one_in = 0;
};

// Lossy are: bytes that were not synced, files whose folder was not. A rename is taken for durable
// at once, with the names made before it: journals keep their order. May be used by any thread.
class FaultFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultFileSystem(uint64_t seed, const FaultPlan& plan = {})
      : FileSystemWrapper(rocksdb::FileSystem::Default()), random_(seed) {
    Plan(plan);
  }

  const char* Name() const override { return "FaultFileSystem"; }

  void Plan(const FaultPlan& plan) {
    const std::lock_guard lock(files_mutex_);
    plan_ = plan;
    write_flipper_->FlipOneIn(plan.flip_write_one_in);
    read_flipper_->FlipOneIn(plan.flip_read_one_in);
  }
  // From now on no change reaches the disk, and nobody is told: a process that has lost power does
  // not see errors. Whoever drives it looks at `dead`.
  void LosePower() {
    const std::lock_guard lock(files_mutex_);
    dead_ = true;
  }
  bool dead() const {
    const std::lock_guard lock(files_mutex_);
    return dead_;
  }
  // More room, as when somebody removes files.
  void FreeBytes(int64_t bytes) {
    const std::lock_guard lock(files_mutex_);
    if (plan_.free_bytes) *plan_.free_bytes += bytes;
  }

  // To be called once nothing has the files open: leaves them as the loss of power does. A tail
  // that was not synced is cut anywhere, or there but zero: disks write in any order.
  void CutFiles() {
    const std::lock_guard lock(files_mutex_);
    for (const auto& [name, file] : files_) {
      if (!std::filesystem::exists(name)) continue;
      if (!file.in_folder && random_.Below(2) == 0) {
        std::filesystem::remove(name);
        ++files_cut_;
        continue;
      }
      if (file.synced >= file.size) {
        // What was appended after the power was lost.
        std::filesystem::resize_file(name, file.size);
        continue;
      }
      const uint64_t kept = file.synced + random_.Below(file.size - file.synced + 1);
      std::filesystem::resize_file(name, kept);
      // A manifest with such a tail is one that RocksDB refuses, and file systems that keep the
      // order of data and size give none.
      if (name.ends_with(".log") && random_.Below(3) == 0)
        std::filesystem::resize_file(name, file.size);
      ++files_cut_;
    }
    for (const auto& name : made_dead_) std::filesystem::remove(name);
    made_dead_.clear();
    files_.clear();
  }

  uint64_t files_cut() const { return files_cut_; }
  uint64_t failures() const { return failures_; }
  uint64_t changes() const { return changes_; }
  uint64_t flips() const { return write_flipper_->flips() + read_flipper_->flips(); }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override {
    if (auto status = Look(name); !status.ok()) return status;
    return Track(name, 0, false, FileSystemWrapper::NewWritableFile(name, options, result, debug),
                 result);
  }
  rocksdb::IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* result,
                                       rocksdb::IODebugContext* debug) override {
    if (auto status = Look(name); !status.ok()) return status;
    std::error_code none;
    const bool exists = std::filesystem::exists(name);
    const auto size = exists ? std::filesystem::file_size(name, none) : 0;
    return Track(name, size, exists,
                 FileSystemWrapper::ReopenWritableFile(name, options, result, debug), result);
  }
  rocksdb::IOStatus NewRandomAccessFile(const std::string& name,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                        rocksdb::IODebugContext* debug) override {
    const auto status = FileSystemWrapper::NewRandomAccessFile(name, options, result, debug);
    if (status.ok() && MayFlip(name))
      *result = std::make_unique<FlippingRandomFile>(std::move(*result), read_flipper_);
    return status;
  }
  rocksdb::IOStatus NewSequentialFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                      rocksdb::IODebugContext* debug) override {
    const auto status = FileSystemWrapper::NewSequentialFile(name, options, result, debug);
    if (status.ok() && MayFlip(name))
      *result = std::make_unique<FlippingSequentialFile>(std::move(*result), read_flipper_);
    return status;
  }
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    if (auto status = Look(to); !status.ok()) return status;
    if (dead()) return rocksdb::IOStatus::OK();
    const auto status = FileSystemWrapper::RenameFile(from, to, options, debug);
    const std::lock_guard lock(files_mutex_);
    if (const auto found = files_.find(from); status.ok() && found != files_.end()) {
      files_[to] = found->second;
      files_.erase(from);
    }
    if (status.ok()) SyncFolder(std::filesystem::path(to).parent_path());
    return status;
  }
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
    if (auto status = Look(to); !status.ok()) return status;
    if (!dead()) return FileSystemWrapper::LinkFile(from, to, options, debug);
    // What is made now is gone with the power, but the process reads it until then.
    std::error_code error;
    std::filesystem::copy_file(from, to, error);
    if (error) return rocksdb::IOStatus::IOError(error.message());
    const std::lock_guard lock(files_mutex_);
    made_dead_.push_back(to);
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    if (auto status = Look(name); !status.ok()) return status;
    if (dead()) return rocksdb::IOStatus::OK();
    std::error_code none;
    const auto size = std::filesystem::file_size(name, none);
    const auto status = FileSystemWrapper::DeleteFile(name, options, debug);
    const std::lock_guard lock(files_mutex_);
    files_.erase(name);
    if (status.ok() && !none && plan_.free_bytes) *plan_.free_bytes += static_cast<int64_t>(size);
    return status;
  }
  rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* result,
                                 rocksdb::IODebugContext* debug) override {
    const auto status = FileSystemWrapper::NewDirectory(name, options, result, debug);
    if (status.ok()) {
      *result = std::make_unique<TrackedFolder>(std::move(*result), *this,
                                                std::filesystem::path(name).lexically_normal());
    }
    return status;
  }
  rocksdb::IOStatus GetFreeSpace(const std::string& path, const rocksdb::IOOptions& options,
                                 uint64_t* free, rocksdb::IODebugContext* debug) override {
    {
      const std::lock_guard lock(files_mutex_);
      if (plan_.free_bytes) {
        *free = static_cast<uint64_t>(std::max<int64_t>(*plan_.free_bytes, 0));
        return rocksdb::IOStatus::OK();
      }
    }
    return FileSystemWrapper::GetFreeSpace(path, options, free, debug);
  }

 private:
  struct FileState {
    uint64_t size = 0;
    uint64_t synced = 0;
    bool in_folder = false;  // The folder was synced since the file was made.
  };

  class TrackedFile final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    TrackedFile(std::unique_ptr<rocksdb::FSWritableFile> file, FaultFileSystem& system,
                std::string name)
        : FSWritableFileOwnerWrapper(std::move(file)), system_(system), name_(std::move(name)) {}

    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      size_t torn = 0;
      const auto fault = system_.Look(name_, data.size(), &torn);
      const rocksdb::Slice written(data.data(), fault.ok() ? data.size() : torn);
      if (written.empty()) return fault;
      system_.Delay(&FaultPlan::write_delay);
      std::string flipped;
      if (MayFlip(name_) && system_.write_flipper_->Due(written.size())) {
        flipped = written.ToString();
        system_.write_flipper_->Flip(flipped.data(), flipped.size());
      }
      const auto status = FSWritableFileOwnerWrapper::Append(
          flipped.empty() ? written : rocksdb::Slice(flipped), options, debug);
      if (status.ok()) system_.Appended(name_, written.size());
      return fault.ok() ? status : fault;
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
      if (auto status = system_.Look(name_); !status.ok()) return status;
      system_.Delay(&FaultPlan::sync_delay);
      const uint64_t size = system_.SizeOf(name_);
      const auto status = call();
      if (status.ok()) system_.MarkSynced(name_, size);
      return status;
    }

    FaultFileSystem& system_;
    const std::string name_;
  };

  class TrackedFolder final : public rocksdb::FSDirectoryWrapper {
   public:
    TrackedFolder(std::unique_ptr<rocksdb::FSDirectory> folder, FaultFileSystem& system,
                  std::filesystem::path path)
        : FSDirectoryWrapper(std::move(folder)), system_(system), path_(std::move(path)) {}
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override {
      if (auto status = system_.Look(path_.string()); !status.ok()) return status;
      const auto status = FSDirectoryWrapper::Fsync(options, debug);
      if (status.ok()) system_.FolderSynced(path_);
      return status;
    }
    rocksdb::IOStatus FsyncWithDirOptions(const rocksdb::IOOptions& options,
                                          rocksdb::IODebugContext* debug,
                                          const rocksdb::DirFsyncOptions& how) override {
      if (auto status = system_.Look(path_.string()); !status.ok()) return status;
      const auto status = FSDirectoryWrapper::FsyncWithDirOptions(options, debug, how);
      if (status.ok()) system_.FolderSynced(path_);
      return status;
    }

   private:
    FaultFileSystem& system_;
    const std::filesystem::path path_;
  };

  // Not manifests: RocksDB 7.8 takes a damaged length of one for a torn end.
  static bool MayFlip(const std::string& name) {
    return name.ends_with(".log") || name.ends_with(".sst");
  }
  // Before each change of a file. `torn` is how much of `bytes` a failing write still writes.
  rocksdb::IOStatus Look(const std::string& name, uint64_t bytes = 0, size_t* torn = nullptr) {
    const std::lock_guard lock(files_mutex_);
    if (dead_) return rocksdb::IOStatus::OK();
    ++changes_;
    const bool lost = plan_.power_lost_after && (*plan_.power_lost_after)-- == 0;
    if (torn != nullptr) *torn = static_cast<size_t>(random_.Below(bytes + 1));
    if (lost) {
      dead_ = true;
      return rocksdb::IOStatus::OK();
    }
    if (plan_.free_bytes) {
      if (*plan_.free_bytes < static_cast<int64_t>(bytes)) {
        ++failures_;
        if (torn != nullptr) *torn = 0;
        return rocksdb::IOStatus::NoSpace("the disk is full");
      }
      *plan_.free_bytes -= static_cast<int64_t>(bytes);
    }
    const bool may_fail =
        plan_.fail_one_in != 0 && (!plan_.only_logs_fail || name.ends_with(".log"));
    if (!may_fail || random_.Below(plan_.fail_one_in) != 0) return rocksdb::IOStatus::OK();
    ++failures_;
    return rocksdb::IOStatus::IOError("the disk failed");
  }
  void Delay(std::chrono::nanoseconds FaultPlan::* planned) {
    std::chrono::nanoseconds delay;
    {
      const std::lock_guard lock(files_mutex_);
      delay = plan_.*planned;
    }
    if (delay.count() > 0) Stop().WaitFor(delay);
  }
  rocksdb::IOStatus Track(const std::string& name, uint64_t size, bool in_folder,
                          const rocksdb::IOStatus& status,
                          std::unique_ptr<rocksdb::FSWritableFile>* result) {
    if (!status.ok()) return status;
    const std::lock_guard lock(files_mutex_);
    if (dead_) {
      if (!in_folder) made_dead_.push_back(name);  // Not one that is opened again.
    } else {
      files_[name] = {size, size, in_folder};
    }
    *result = std::make_unique<TrackedFile>(std::move(*result), *this, name);
    return status;
  }
  void Appended(const std::string& name, uint64_t bytes) {
    const std::lock_guard lock(files_mutex_);
    if (!dead_) files_[name].size += bytes;
  }
  uint64_t SizeOf(const std::string& name) {
    const std::lock_guard lock(files_mutex_);
    return files_[name].size;
  }
  void MarkSynced(const std::string& name, uint64_t size) {
    const std::lock_guard lock(files_mutex_);
    if (!dead_) files_[name].synced = std::max(files_[name].synced, size);
  }
  void FolderSynced(const std::filesystem::path& folder) {
    const std::lock_guard lock(files_mutex_);
    if (!dead_) SyncFolder(folder);
  }
  void SyncFolder(const std::filesystem::path& folder) {
    for (auto& [name, file] : files_) {
      if (std::filesystem::path(name).parent_path().lexically_normal() == folder.lexically_normal())
        file.in_folder = true;
    }
  }

  mutable std::mutex files_mutex_;
  std::map<std::string, FileState> files_;
  std::vector<std::string> made_dead_;  // After the power was lost.
  SeededRandom random_;
  FaultPlan plan_;
  const std::shared_ptr<BitFlipper> write_flipper_ = std::make_shared<BitFlipper>(random_.Next());
  const std::shared_ptr<BitFlipper> read_flipper_ = std::make_shared<BitFlipper>(random_.Next());
  bool dead_ = false;
  uint64_t files_cut_ = 0;
  uint64_t failures_ = 0;
  uint64_t changes_ = 0;
};

}  // namespace sluice::storage::testing
