// Holds of pipes that read previous versions: compaction must not remove what they have not read.

#pragma once

#include <map>
#include <string>

#include "pipe/hub_state.h"

namespace sluice::pipe {

// Sets the holds of one pipe where its source has `include_previous_versions`
// (configuration-sources-dataset.rst): each of its datasets from the first offset that is not read
// yet. Pipes that are disabled hold too (features/compaction-feature.rst).
Result<void> SetReaderHolds(storage::Store& store, const CompiledPipe& pipe);

// Those of a whole configuration; releases those of pipes that are gone or read latest versions.
Result<void> ReconcileReaderHolds(storage::Store& store, const Configuration& configuration);

}  // namespace sluice::pipe
