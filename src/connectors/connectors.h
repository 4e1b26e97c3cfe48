// All connectors, for the registry of component types.

#pragma once

#include "pipe/registry.h"

namespace sluice::connectors {

// Adds every source, sink and system of this folder.
void AddAll(pipe::Registry& registry);

}  // namespace sluice::connectors
