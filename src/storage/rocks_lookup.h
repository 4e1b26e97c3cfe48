// Looking up many keys in RocksDB.

#pragma once

#include <rocksdb/db.h>

#include <span>
#include <string_view>

#include "storage/engine.h"

namespace sluice::storage {

// As ReadView::MultiGet. Where keys turn out to lie in blocks that must be read and unpacked, the
// machine's cores share the work.
Result<void> LookUp(rocksdb::DB& db, const rocksdb::ReadOptions& options,
                    rocksdb::ColumnFamilyHandle* family, std::span<const std::string_view> keys,
                    const ReadView::Found& found);

}  // namespace sluice::storage
