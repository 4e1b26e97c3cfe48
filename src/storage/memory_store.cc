// The store in memory.

#include "storage/engine_store.h"
#include "storage/memory_engine.h"
#include "storage/store.h"

namespace sluice::storage {

std::unique_ptr<Store> MakeMemoryStore(const StoreOptions& options) {
  auto store = EngineStore::Open(MakeMemoryEngine(), options);
  SLUICE_CHECK(store.ok());
  return std::move(store).value();
}

}  // namespace sluice::storage
