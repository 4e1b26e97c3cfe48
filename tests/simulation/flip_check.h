// Whether a store whose disk flips bits ever gives out something else than what was written.

#pragma once

#include <map>
#include <string>
#include <utility>

#include "storage/engine.h"

namespace sluice::storage::testing {

// Every key of every family, but for bitmaps (equal ones are not always the same bytes) and for
// what ends a bulk load.
using Everything = std::map<std::pair<Family, std::string>, std::string>;

// An error is one that the disk gave.
Result<Everything> ReadEverything(const ReadView& view);

// What is served and differs from the truth, in words. Empty where all is as it was, or the store
// told of an error (`told`).
std::string FindServedDifference(const ReadView& view, const Everything& truth, bool& told);

}  // namespace sluice::storage::testing
