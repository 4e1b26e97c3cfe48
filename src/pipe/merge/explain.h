// Explaining: why entities are one, and what people should look at in a merge.

#pragma once

#include <string>
#include <string_view>

#include "base/stop.h"
#include "pipe/merge/merge_setup.h"

namespace sluice::pipe::merge {

// What sources that merge can tell; found by dynamic_cast. May be called by any thread.
class Explainer {
 public:
  virtual ~Explainer() = default;
  // The groups that an id names: that of a group, or of an entity of a dataset. A JSON object.
  // kNotFound where no dataset has it.
  virtual Result<std::string> Explain(std::string_view id, const Stop& stop) const = 0;
  // How many groups of how many datasets there are, the largest, and the values that most entities
  // share. Reads all of the datasets. A JSON object.
  virtual Result<std::string> Overview(const Stop& stop) const = 0;
};

Result<std::string> ExplainGroup(const MergeSetup& setup, std::string_view id, const Stop& stop);
Result<std::string> DescribeGroups(const MergeSetup& setup, const Stop& stop);

}  // namespace sluice::pipe::merge
