// Reading a subset of a dataset: json-pull.rst, "subset".

#pragma once

#include <memory>
#include <optional>

#include "dtl/subset.h"
#include "storage/reader.h"

namespace sluice::pipe {

struct SubsetRead {
  std::shared_ptr<const storage::Snapshot> snapshot;
  storage::DatasetNumber dataset = 0;
  std::shared_ptr<const dtl::Subset> subset;
  // Over the subset's key. Without one all that the options ask for is read and looked at.
  std::optional<uint32_t> index;
  storage::ReadOptions options;
};

// Gives the entities of the subset as they are. A version that has left the subset is given as a
// deleted one without any property, so that whoever follows the subset forgets it: with
// `history` where the version before it was in; else where one that the reader may have been given
// before `from` was, or is kept no longer.
Result<std::unique_ptr<storage::LogReader>> ReadSubset(SubsetRead read);

}  // namespace sluice::pipe
