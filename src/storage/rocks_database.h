// The open database that the engine, its snapshots and its bulk loads share. For files of the
// engine only.

#pragma once

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <array>
#include <memory>
#include <string_view>

#include "storage/block_guard.h"
#include "storage/engine.h"
#include "storage/journals.h"
#include "storage/log_guard.h"
#include "storage/store_folder.h"
#include "storage/synced_mark.h"

namespace sluice::storage {

using RocksHandles = std::array<rocksdb::ColumnFamilyHandle*, kFamilies>;

inline rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// Snapshots keep it open.
struct RocksDatabase {
  RocksDatabase() = default;
  RocksDatabase(const RocksDatabase&) = delete;
  RocksDatabase& operator=(const RocksDatabase&) = delete;
  ~RocksDatabase() {
    for (auto* handle : handles) {
      if (handle != nullptr) db->DestroyColumnFamilyHandle(handle);
    }
  }

  rocksdb::ColumnFamilyHandle* Handle(Family family) const {
    return handles[static_cast<size_t>(family)];
  }

  // Also writes up to where its journals are on the disk.
  Result<void> MarkSynced(uint64_t sequence) const {
    return synced.Write({.sequence = sequence, .journals = journals->Synced(kSyncedJournalsMax)});
  }

  StoreFolder folder;  // Its lock is released last.
  SyncedMark synced;
  std::shared_ptr<rocksdb::FileSystem> files;  // A test's own; else null.
  std::unique_ptr<rocksdb::Env> env;
  std::shared_ptr<LogFailure> log_failure = std::make_shared<LogFailure>();
  std::shared_ptr<Journals> journals = std::make_shared<Journals>();
  std::shared_ptr<BlockDamage> damage = std::make_shared<BlockDamage>();
  std::unique_ptr<rocksdb::DB> db;
  RocksHandles handles{};
};

}  // namespace sluice::storage
