// The components that pipe/ brings itself: dataset, embedded and empty sources, dataset and null
// sinks, and the transforms that need nothing from outside.

#pragma once

#include "pipe/registry.h"

namespace sluice::pipe {

void AddBuiltins(Registry& registry);

}  // namespace sluice::pipe
