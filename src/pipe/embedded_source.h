// Sources that need nothing from outside: embedded (entities in the configuration) and empty.

#pragma once

#include "pipe/registry.h"

namespace sluice::pipe {

void AddEmbeddedSource(Registry& registry);
void AddEmptySource(Registry& registry);

}  // namespace sluice::pipe
