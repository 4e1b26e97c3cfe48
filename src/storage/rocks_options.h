// How RocksDB is set up: DESIGN's column families, and the memory they may take.

#pragma once

#include <rocksdb/db.h>

#include <array>
#include <memory>
#include <vector>

#include "base/error.h"
#include "storage/engine.h"
#include "storage/store.h"

namespace sluice::storage {

rocksdb::DBOptions MakeRocksOptions(const StoreOptions& options);
// In the order of Family; RocksDB wants a family named "default", which is kMeta.
std::vector<rocksdb::ColumnFamilyDescriptor> MakeRocksFamilies(const StoreOptions& options);

// What a failed call of RocksDB is to us. `doing` says what was tried.
Error FromRocksStatus(const rocksdb::Status& status, std::string_view doing);

}  // namespace sluice::storage
