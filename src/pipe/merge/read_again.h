// Reading groups again, by what dependency tracking knows them by.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/stop.h"
#include "pipe/component.h"
#include "pipe/merge/merge_setup.h"

namespace sluice::pipe::merge {

// As SourceById::ReadAgain, for ids that SourceOf made. Groups are those of `given`, the snapshot
// that the run's own reader has given them from: a newer one may have others, which nobody would
// take back, since what was given is stored only by that reader. A group whose first member is
// another one by now is left out: what has changed it is read by the run. Lookups read `snapshot`.
Result<Batch> ReadGroupsAgain(const MergeSetup& setup, std::span<const std::string> ids,
                              const std::optional<Value>& before,
                              std::shared_ptr<const storage::Snapshot> given,
                              std::shared_ptr<const storage::Snapshot> snapshot, const Stop& stop);

}  // namespace sluice::pipe::merge
