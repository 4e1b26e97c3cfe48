// An engine on RocksDB, in a folder of its own.

#pragma once

#include <memory>
#include <string>

#include "storage/bulk_hooks.h"
#include "storage/engine.h"
#include "storage/store.h"

namespace rocksdb {
class FileSystem;
}

namespace sluice::storage {

// Opens or makes the folder. `file_system` stands in for the machine's in tests; null: the
// machine's. `bulk_hooks` are for tests too.
Result<std::unique_ptr<Engine>> OpenRocksEngine(const std::string& folder,
                                                const StoreOptions& options,
                                                std::shared_ptr<rocksdb::FileSystem> file_system,
                                                BulkHooks bulk_hooks = {});

}  // namespace sluice::storage
