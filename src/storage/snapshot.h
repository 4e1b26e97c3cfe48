// The store's snapshot: everything it answers comes from one engine snapshot.

#pragma once

#include <memory>

#include "storage/engine.h"
#include "storage/format.h"
#include "storage/store.h"

namespace sluice::storage {

std::shared_ptr<const Snapshot> MakeSnapshot(std::shared_ptr<const EngineSnapshot> view);

// What a view says of a dataset; nothing where there is none.
Result<std::optional<DatasetDefinition>> ReadDefinition(const ReadView& view,
                                                        DatasetNumber dataset);
Result<Counters> ReadCounters(const ReadView& view, DatasetNumber dataset);

}  // namespace sluice::storage
