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

// As SourceById::ReadAgain, for ids that SourceOf made. A group whose first member is another one
// by now is left out: what has changed it is read by the run, or by the next one.
Result<Batch> ReadGroupsAgain(const MergeSetup& setup, std::span<const std::string> ids,
                              const std::optional<Value>& before,
                              std::shared_ptr<const storage::Snapshot> snapshot, const Stop& stop);

}  // namespace sluice::pipe::merge
