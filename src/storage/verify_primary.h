// Checks the consistency of what logs cannot give back; see verify.h.

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/engine.h"
#include "storage/format.h"

namespace sluice::storage {

// Full runs, what they have seen and noted, and that no key of `state` is without an owner.
Result<void> VerifyPrimary(
    const ReadView& view, const std::vector<DatasetDefinition>& definitions,
    const std::function<void(std::string_view dataset, const std::string& difference)>& tell);

// Removes the keys of `state` that have no owner, and what a full run that has ended left.
Result<void> RemoveStrayState(Engine& engine, const std::vector<DatasetDefinition>& definitions);

}  // namespace sluice::storage
