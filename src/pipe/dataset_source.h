// The dataset source: reads a dataset's log from an offset (configuration-sources-dataset.rst).

#pragma once

#include "pipe/registry.h"

namespace sluice::pipe {

void AddDatasetSource(Registry& registry);

}  // namespace sluice::pipe
