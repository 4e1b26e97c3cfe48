// BlockGuard: verifies the blocks of tables on their way to RocksDB, and tells readers of damage.
//
// RocksDB 7.8 verifies each block too, but its merging iterator forgets the error where it moves on
// to the next file of a level or skips what a deleted range covers: the walk then goes on without
// all of the level that comes after (mended upstream in 8.7). So whoever reads looks at the end
// whether a damaged block came up meanwhile. Internal to the engine.

#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/error.h"

namespace sluice::storage {

// What was found damaged. May be used by any thread.
class BlockDamage {
 public:
  void Note(std::string_view file, uint64_t offset);
  uint64_t count() const { return count_.load(std::memory_order_acquire); }
  // kCorrupt, with the place that was found last.
  Error Tell(std::string_view doing) const;

 private:
  std::atomic<uint64_t> count_ = 0;
  mutable std::mutex place_mutex_;
  std::string place_;
};

// Looks for damage between two moments. Whoever reads something else meanwhile may be told of what
// another thread has come upon: of a store that is damaged.
class DamageWatch {
 public:
  explicit DamageWatch(const BlockDamage& damage) : damage_(damage), before_(damage.count()) {}
  bool seen() const { return damage_.count() != before_; }
  Result<void> Check(std::string_view doing) const {
    if (!seen()) return {};
    return damage_.Tell(doing);
  }

 private:
  const BlockDamage& damage_;
  const uint64_t before_;
};

// The file system `base`, which tells `damage` of every damaged block that is read from a table
// alone (and not with its neighbours, as where much is read ahead).
std::shared_ptr<rocksdb::FileSystem> MakeBlockGuard(std::shared_ptr<rocksdb::FileSystem> base,
                                                    std::shared_ptr<BlockDamage> damage);

}  // namespace sluice::storage
