// The dataset source: reads a dataset's log from an offset (configuration-sources-dataset.rst).

#pragma once

#include <memory>
#include <string>

#include "pipe/registry.h"

namespace sluice::pipe {

void AddDatasetSource(Registry& registry);

// "17:9f0c…": names one incarnation of a dataset, for Source::since_scope.
std::string IncarnationName(const storage::DatasetInfo& info);

}  // namespace sluice::pipe
