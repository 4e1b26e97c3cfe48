// The sources that bring together what several datasets have under one id: merge_datasets
// (configuration-sources-merge-datasets.rst) and diff_datasets (deprecations.rst).

#pragma once

#include "pipe/registry.h"

namespace sluice::pipe {

void AddMergeDatasetsSource(Registry& registry);
void AddDiffDatasetsSource(Registry& registry);

}  // namespace sluice::pipe
