#include "storage/log_guard.h"

#include <utility>

namespace sluice::storage {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// A log. Without a file it keeps nothing from the beginning.
class GuardedLog final : public rocksdb::FSWritableFile {
 public:
  GuardedLog(std::unique_ptr<rocksdb::FSWritableFile> file, std::shared_ptr<LogFailure> failure)
      : file_(std::move(file)), failure_(std::move(failure)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    bytes_ += data.size();
    return Guard([&] { return file_->Append(data, options, debug); });
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& verification,
                  IODebugContext* debug) override {
    bytes_ += data.size();
    return Guard([&] { return file_->Append(data, options, verification, debug); });
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    return Guard([&] { return file_->Truncate(size, options, debug); });
  }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    // Also after a failure: it gives the file back. What was to be durable has been synced.
    if (file_) file_->Close(options, debug).PermitUncheckedError();
    return IOStatus::OK();
  }
  IOStatus Flush(const IOOptions& options, IODebugContext* debug) override {
    return Guard([&] { return file_->Flush(options, debug); });
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return Guard([&] { return file_->Sync(options, debug); });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Guard([&] { return file_->Fsync(options, debug); });
  }
  IOStatus RangeSync(uint64_t offset, uint64_t bytes, const IOOptions& options,
                     IODebugContext* debug) override {
    return Guard([&] { return file_->RangeSync(offset, bytes, options, debug); });
  }
  // Room that is not there yet is missed by the write that needs it.
  IOStatus Allocate(uint64_t offset, uint64_t bytes, const IOOptions& options,
                    IODebugContext* debug) override {
    return file_ ? file_->Allocate(offset, bytes, options, debug) : IOStatus::OK();
  }
  void PrepareWrite(size_t offset, size_t bytes, const IOOptions& options,
                    IODebugContext* debug) override {
    if (file_) file_->PrepareWrite(offset, bytes, options, debug);
  }
  void SetPreallocationBlockSize(size_t bytes) override {
    if (file_) file_->SetPreallocationBlockSize(bytes);
  }
  void GetPreallocationStatus(size_t* block_bytes, size_t* last_block) override {
    *block_bytes = *last_block = 0;
    if (file_) file_->GetPreallocationStatus(block_bytes, last_block);
  }
  bool IsSyncThreadSafe() const override { return !file_ || file_->IsSyncThreadSafe(); }
  bool use_direct_io() const override { return file_ && file_->use_direct_io(); }
  size_t GetRequiredBufferAlignment() const override {
    return file_ ? file_->GetRequiredBufferAlignment() : kDefaultPageSize;
  }
  uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return bytes_; }
  void SetWriteLifeTimeHint(rocksdb::Env::WriteLifeTimeHint hint) override {
    if (file_) file_->SetWriteLifeTimeHint(hint);
  }

 private:
  static constexpr size_t kDefaultPageSize = 4 * 1024;

  template <class Call>
  IOStatus Guard(const Call& call) {
    if (!file_ || failure_->happened()) return IOStatus::OK();
    if (!call().ok()) failure_->Note();
    return IOStatus::OK();
  }

  const std::unique_ptr<rocksdb::FSWritableFile> file_;
  const std::shared_ptr<LogFailure> failure_;
  uint64_t bytes_ = 0;
};

class LogGuard final : public rocksdb::FileSystemWrapper {
 public:
  LogGuard(std::shared_ptr<rocksdb::FileSystem> base, std::string_view database,
           std::shared_ptr<LogFailure> failure, std::shared_ptr<Journals> journals)
      : FileSystemWrapper(std::move(base)),
        prefix_(std::string(database) + "/"),
        failure_(std::move(failure)),
        journals_(std::move(journals)) {}

  const char* Name() const override { return "sluice.log-guard"; }

  IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext* debug) override {
    if (journals_->RefuseChanges()) return Refused();
    if (!IsLog(name)) {
      if (failure_->happened()) return Refused();
      auto status = FileSystemWrapper::NewWritableFile(name, options, result, debug);
      if (status.ok() && IsManifest(name))
        *result = HashJournal(std::move(*result), NameIn(name), journals_);
      return status;
    }
    std::unique_ptr<rocksdb::FSWritableFile> file;
    if (!failure_->happened()) {
      if (FileSystemWrapper::NewWritableFile(name, options, &file, debug).ok()) {
        file = HashJournal(std::move(file), NameIn(name), journals_);
      } else {
        failure_->Note();
        file.reset();
      }
    }
    *result = std::make_unique<GuardedLog>(std::move(file), failure_);
    return IOStatus::OK();
  }
  IOStatus NewSequentialFile(const std::string& name, const rocksdb::FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result,
                             IODebugContext* debug) override {
    auto status = FileSystemWrapper::NewSequentialFile(name, options, result, debug);
    if (!status.ok() || !(IsLog(name) || IsManifest(name))) return status;
    if (auto expected = journals_->Expected(NameIn(name)))
      *result = CheckJournal(std::move(*result), *std::move(expected), journals_);
    return status;
  }
  IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* result,
                              IODebugContext* debug) override {
    if (MayNotChange()) return Refused();
    return FileSystemWrapper::ReopenWritableFile(name, options, result, debug);
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
    if (MayNotChange()) return Refused();
    return FileSystemWrapper::RenameFile(from, to, options, debug);
  }
  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions& options,
                    IODebugContext* debug) override {
    if (MayNotChange()) return Refused();
    return FileSystemWrapper::LinkFile(from, to, options, debug);
  }
  IOStatus DeleteFile(const std::string& name, const IOOptions& options,
                      IODebugContext* debug) override {
    if (journals_->RefuseChanges()) return Refused();
    if (IsLog(name) || IsManifest(name)) journals_->Forget(NameIn(name));
    return FileSystemWrapper::DeleteFile(name, options, debug);
  }

 private:
  // Of the database itself: a backup has copies of logs.
  bool IsOfDatabase(std::string_view name) const {
    return name.starts_with(prefix_) && name.find('/', prefix_.size()) == std::string_view::npos;
  }
  bool IsLog(std::string_view name) const { return name.ends_with(".log") && IsOfDatabase(name); }
  bool IsManifest(std::string_view name) const {
    return IsOfDatabase(name) && NameIn(name).starts_with("MANIFEST-");
  }
  static std::string_view NameIn(std::string_view path) { return path.substr(path.rfind('/') + 1); }

  bool MayNotChange() const { return journals_->RefuseChanges() || failure_->happened(); }
  IOStatus Refused() const {
    return IOStatus::IOError(failure_->happened()
                                 ? "the store's log could not be written before this"
                                 : "a journal of the store is damaged");
  }

  const std::string prefix_;
  const std::shared_ptr<LogFailure> failure_;
  const std::shared_ptr<Journals> journals_;
};

}  // namespace

Result<void> LogFailure::Check(std::string_view doing) const {
  if (!happened_) return {};
  return MakeError(Code::kIo, "{}: the store's log could not be written, and must be opened again",
                   doing);
}

std::shared_ptr<rocksdb::FileSystem> MakeLogGuard(std::shared_ptr<rocksdb::FileSystem> base,
                                                  std::string_view database,
                                                  std::shared_ptr<LogFailure> failure,
                                                  std::shared_ptr<Journals> journals) {
  return std::make_shared<LogGuard>(std::move(base), database, std::move(failure),
                                    std::move(journals));
}

}  // namespace sluice::storage
