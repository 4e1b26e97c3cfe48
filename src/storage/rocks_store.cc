// The store on RocksDB.

#include "storage/engine_store.h"
#include "storage/rocks_engine.h"
#include "storage/store.h"

namespace sluice::storage {

Result<std::unique_ptr<Store>> OpenRocksStore(const std::string& folder,
                                              const StoreOptions& options) {
  SLUICE_TRY(auto engine, OpenRocksEngine(folder, options, nullptr));
  return EngineStore::Open(std::move(engine), options);
}

}  // namespace sluice::storage
