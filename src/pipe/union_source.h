// The union datasets source: one dataset after the other
// (configuration-sources-union-datasets.rst).

#pragma once

#include "pipe/registry.h"

namespace sluice::pipe {

void AddUnionSource(Registry& registry);

}  // namespace sluice::pipe
