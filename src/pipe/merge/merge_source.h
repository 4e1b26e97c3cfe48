// The merge source (configuration-sources-merge.rst).

#pragma once

#include "pipe/registry.h"

namespace sluice::pipe::merge {

void AddMergeSource(Registry& registry);

}  // namespace sluice::pipe::merge
