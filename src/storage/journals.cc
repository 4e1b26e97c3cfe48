#include "storage/journals.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <utility>

namespace sluice::storage {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

class Hash {
 public:
  Hash() { XXH3_64bits_reset(&state_); }
  void Add(const char* bytes, size_t count) { XXH3_64bits_update(&state_, bytes, count); }
  uint64_t value() const { return XXH3_64bits_digest(&state_); }

 private:
  XXH3_state_t state_;
};

class HashedJournal final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  HashedJournal(std::unique_ptr<rocksdb::FSWritableFile> file, std::string_view name,
                std::shared_ptr<Journals> journals)
      : FSWritableFileOwnerWrapper(std::move(file)), journals_(std::move(journals)) {
    prefix_.name = name;
  }

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    return Hashed(data, FSWritableFileOwnerWrapper::Append(data, options, debug));
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& verification,
                  IODebugContext* debug) override {
    return Hashed(data, FSWritableFileOwnerWrapper::Append(data, options, verification, debug));
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return Noted([&] { return FSWritableFileOwnerWrapper::Sync(options, debug); });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Noted([&] { return FSWritableFileOwnerWrapper::Fsync(options, debug); });
  }

 private:
  IOStatus Hashed(const Slice& data, IOStatus status) {
    const std::lock_guard lock(hash_mutex_);
    failed_ = failed_ || !status.ok();
    hash_.Add(data.data(), data.size());
    prefix_.bytes += data.size();
    return status;
  }

  // What is appended while it syncs is not counted.
  template <class Call>
  IOStatus Noted(const Call& sync) {
    JournalPrefix prefix;
    {
      const std::lock_guard lock(hash_mutex_);
      prefix = prefix_;
      prefix.hash = hash_.value();
      // Nobody knows what a failed append has left.
      if (failed_) prefix.bytes = 0;
    }
    auto status = sync();
    if (status.ok() && prefix.bytes != 0) journals_->NoteSynced(std::move(prefix));
    return status;
  }

  const std::shared_ptr<Journals> journals_;
  std::mutex hash_mutex_;
  JournalPrefix prefix_;
  Hash hash_;
  bool failed_ = false;
};

class CheckedJournal final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  CheckedJournal(std::unique_ptr<rocksdb::FSSequentialFile> file, JournalPrefix expected,
                 std::shared_ptr<Journals> journals)
      : FSSequentialFileOwnerWrapper(std::move(file)),
        expected_(std::move(expected)),
        journals_(std::move(journals)) {}
  // A reader that stops before the end of what was synced has come upon damage, or gives up.
  ~CheckedJournal() override {
    if (read_ < expected_.bytes || hash_.value() != expected_.hash)
      journals_->NoteDamage(expected_);
  }

  IOStatus Read(size_t count, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* debug) override {
    auto status = FSSequentialFileOwnerWrapper::Read(count, options, result, scratch, debug);
    if (!status.ok() || read_ >= expected_.bytes) return status;
    const auto hashed = std::min<uint64_t>(result->size(), expected_.bytes - read_);
    hash_.Add(result->data(), static_cast<size_t>(hashed));
    read_ += hashed;
    return status;
  }

 private:
  const JournalPrefix expected_;
  const std::shared_ptr<Journals> journals_;
  uint64_t read_ = 0;
  Hash hash_;
};

}  // namespace

void Journals::Expect(std::vector<JournalPrefix> expected) {
  const std::lock_guard lock(mutex_);
  for (auto& prefix : expected) expected_[prefix.name] = std::move(prefix);
}

void Journals::ExpectNothingMore() {
  const std::lock_guard lock(mutex_);
  expected_.clear();
}

std::optional<JournalPrefix> Journals::Expected(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = expected_.find(name);
  if (found == expected_.end()) return std::nullopt;
  return found->second;
}

void Journals::NoteSynced(JournalPrefix prefix) {
  const std::lock_guard lock(mutex_);
  auto& known = synced_[prefix.name];
  if (known.bytes <= prefix.bytes) known = std::move(prefix);
}

void Journals::Forget(std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (const auto found = synced_.find(name); found != synced_.end()) synced_.erase(found);
}

// Numbers in names have as many digits, so the last names are the newest.
std::vector<JournalPrefix> Journals::Synced(size_t count) const {
  const std::lock_guard lock(mutex_);
  std::vector<JournalPrefix> prefixes;
  for (auto at = synced_.rbegin(); at != synced_.rend() && prefixes.size() < count; ++at)
    prefixes.push_back(at->second);
  return prefixes;
}

void Journals::NoteDamage(const JournalPrefix& expected) {
  const std::lock_guard lock(mutex_);
  if (!damage_) damage_ = expected;
}

bool Journals::RefuseChanges() {
  const std::lock_guard lock(mutex_);
  refused_ = refused_ || damage_;
  return damage_.has_value();
}

std::optional<JournalPrefix> Journals::refused_for() const {
  const std::lock_guard lock(mutex_);
  return refused_ ? damage_ : std::nullopt;
}

std::unique_ptr<rocksdb::FSWritableFile> HashJournal(std::unique_ptr<rocksdb::FSWritableFile> file,
                                                     std::string_view name,
                                                     std::shared_ptr<Journals> journals) {
  return std::make_unique<HashedJournal>(std::move(file), name, std::move(journals));
}

std::unique_ptr<rocksdb::FSSequentialFile> CheckJournal(
    std::unique_ptr<rocksdb::FSSequentialFile> file, JournalPrefix expected,
    std::shared_ptr<Journals> journals) {
  return std::make_unique<CheckedJournal>(std::move(file), std::move(expected),
                                          std::move(journals));
}

}  // namespace sluice::storage
