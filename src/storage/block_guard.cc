#include "storage/block_guard.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>
#include <utility>

#include "storage/codec.h"

namespace sluice::storage {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// A block ends with the kind of its compression and a checksum; both are the format of tables as
// every RocksDB since 6.27 reads it.
constexpr size_t kTrailerBytes = 1 + sizeof(uint32_t);
constexpr uint32_t kKindFactor = 0x6b9083d9;
// A table ends with a footer that is no block.
constexpr size_t kFooterBytes = 53;
constexpr uint64_t kFooterMagic = 0x88e241b785f4cff7;
// What RocksDB reads ahead starts and ends at such places.
constexpr uint64_t kPageBytes = 4 * 1024;

bool IsReadAhead(uint64_t offset, size_t count) {
  return offset % kPageBytes == 0 && count % kPageBytes == 0;
}

bool IsFooter(const Slice& bytes) {
  if (bytes.size() != kFooterBytes) return false;
  FieldReader end(std::string_view(bytes.data(), bytes.size()).substr(kFooterBytes - 8));
  return end.Fixed<uint64_t>() == kFooterMagic;
}

bool IsWholeBlock(const Slice& bytes) {
  if (bytes.size() < kTrailerBytes) return false;
  const size_t size = bytes.size() - kTrailerBytes;
  const auto kind = static_cast<uint8_t>(bytes[size]);
  const auto hash = static_cast<uint32_t>(XXH3_64bits(bytes.data(), size)) ^ kind * kKindFactor;
  uint32_t stored = 0;
  std::memcpy(&stored, bytes.data() + size + 1, sizeof stored);
  return hash == stored;
}

class GuardedTable final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  GuardedTable(std::unique_ptr<rocksdb::FSRandomAccessFile> file, std::string name,
               std::shared_ptr<BlockDamage> damage)
      : FSRandomAccessFileOwnerWrapper(std::move(file)),
        name_(std::move(name)),
        damage_(std::move(damage)) {}

  IOStatus Read(uint64_t offset, size_t count, const IOOptions& options, Slice* result,
                char* scratch, IODebugContext* debug) const override {
    auto status =
        FSRandomAccessFileOwnerWrapper::Read(offset, count, options, result, scratch, debug);
    if (IsReadAhead(offset, count)) return status;
    const bool whole =
        status.ok() && result->size() == count && (IsWholeBlock(*result) || IsFooter(*result));
    if (!whole) damage_->Note(name_, offset);
    return status;
  }

 private:
  const std::string name_;
  const std::shared_ptr<BlockDamage> damage_;
};

class BlockGuard final : public rocksdb::FileSystemWrapper {
 public:
  BlockGuard(std::shared_ptr<rocksdb::FileSystem> base, std::shared_ptr<BlockDamage> damage)
      : FileSystemWrapper(std::move(base)), damage_(std::move(damage)) {}

  const char* Name() const override { return "sluice.block-guard"; }

  IOStatus NewRandomAccessFile(const std::string& name, const rocksdb::FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                               IODebugContext* debug) override {
    auto status = FileSystemWrapper::NewRandomAccessFile(name, options, result, debug);
    if (status.ok() && name.ends_with(".sst"))
      *result = std::make_unique<GuardedTable>(std::move(*result), name, damage_);
    return status;
  }

 private:
  const std::shared_ptr<BlockDamage> damage_;
};

}  // namespace

void BlockDamage::Note(std::string_view file, uint64_t offset) {
  {
    const std::lock_guard lock(place_mutex_);
    place_ = fmt::format("{} at {}", file, offset);
  }
  count_.fetch_add(1, std::memory_order_release);
}

Error BlockDamage::Tell(std::string_view doing) const {
  const std::lock_guard lock(place_mutex_);
  return MakeError(Code::kCorrupt, "{}: a block of {} is damaged", doing, place_);
}

std::shared_ptr<rocksdb::FileSystem> MakeBlockGuard(std::shared_ptr<rocksdb::FileSystem> base,
                                                    std::shared_ptr<BlockDamage> damage) {
  return std::make_shared<BlockGuard>(std::move(base), std::move(damage));
}

}  // namespace sluice::storage
