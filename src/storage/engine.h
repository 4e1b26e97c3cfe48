// The engine: ordered bytes with atomic writes and snapshots, which the store's logic stands on.
//
// MakeMemoryEngine and OpenRocksEngine implement it. It knows bytes and, so that deltas need no
// read, how to merge bitmap operands (bitmap.h); nothing else of what is stored. Unless said
// otherwise, methods may be called by any thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/stop.h"
#include "storage/disk.h"

namespace sluice::storage {

// Separate key spaces, each with settings of its own.
enum class Family : uint8_t { kMeta, kLog, kLatest, kIndex, kState };
inline constexpr size_t kFamilies = 5;

// Changes that become visible together. Used by one thread. Keys and values are copied.
class WriteSet {
 public:
  virtual ~WriteSet() = default;
  virtual void Put(Family family, std::string_view key, std::string_view value) = 0;
  // The value is `head` followed by `tail`.
  virtual void PutParts(Family family, std::string_view key, std::string_view head,
                        std::string_view tail) = 0;
  virtual void Delete(Family family, std::string_view key) = 0;
  // [begin, end). Removes what was there before this set and what the set put before this call.
  virtual void DeleteRange(Family family, std::string_view begin, std::string_view end) = 0;
  // Applies a bitmap operand to the chunk at `key` of the state family.
  virtual void MergeBitmap(std::string_view key, std::string_view operand) = 0;
  virtual bool empty() const = 0;
};

// What a cursor is for.
enum class Access { kPoint, kScan };

// Walks the keys of one family in order. Used by one thread. Invalid past either end and after a
// failure: `status` tells which.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual void Seek(std::string_view key) = 0;         // To the first key at or after it.
  virtual void SeekForPrev(std::string_view key) = 0;  // To the last key at or before it.
  virtual void Next() = 0;
  virtual void Prev() = 0;
  virtual bool Valid() const = 0;
  virtual std::string_view key() const = 0;    // Until the cursor moves.
  virtual std::string_view value() const = 0;  // Until the cursor moves.
  virtual Result<void> status() const = 0;
};

class ReadView {
 public:
  using Found = std::function<void(size_t index, std::string_view value)>;

  virtual ~ReadView() = default;
  virtual Result<std::optional<std::string>> Get(Family family, std::string_view key) const = 0;
  // Calls `found` for each of `keys` that is there, in their order. Keys ascend.
  virtual Result<void> MultiGet(Family family, std::span<const std::string_view> keys,
                                const Found& found) const = 0;
  // Keys in [lower, upper).
  virtual std::unique_ptr<Cursor> NewCursor(Family family, std::string_view lower,
                                            std::string_view upper, Access access) const = 0;
};

class EngineSnapshot : public ReadView {
 public:
  // The sequence of the last write it holds.
  virtual uint64_t sequence() const = 0;
};

// As a ReadView it reads the newest state.
class Engine : public ReadView {
 public:
  virtual std::unique_ptr<WriteSet> NewWriteSet() const = 0;
  // For a large commit: its keys of one family are put in ascending order and each once, but for
  // those of the state; it removes no ranges and writes no meta. Cheaper where the engine can take
  // sorted files, and durable once it is applied.
  virtual std::unique_ptr<WriteSet> NewBulkSet() const { return NewWriteSet(); }
  // Makes the set visible, all or nothing. On success it will survive a loss of power after the
  // next Sync.
  virtual Result<void> Apply(std::unique_ptr<WriteSet> set) = 0;
  // Returns when everything applied before the call survives a loss of power.
  virtual Result<void> Sync() = 0;
  // Of the newest visible write.
  virtual uint64_t LatestSequence() const = 0;
  virtual std::shared_ptr<const EngineSnapshot> TakeSnapshot() const = 0;
  // Gives the disk space of a range that was deleted back, in the background.
  virtual void Reclaim(Family family, std::string begin, std::string end) = 0;
  virtual uint64_t DiskBytes() const = 0;
  virtual DiskSpace Disk() const = 0;
  // Reads every byte of its files, also those that reading the store goes on without where they are
  // damaged. kCorrupt names the first file that is.
  virtual Result<void> CheckFiles() const { return {}; }
  // As Store::Health, as far as it is the engine's.
  virtual Result<void> Health() const { return {}; }
  // As Store::Backup.
  virtual Result<BackupReport> Backup(const BackupOptions& options, const Stop& stop) = 0;
};

}  // namespace sluice::storage
