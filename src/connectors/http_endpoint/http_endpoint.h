// http_endpoint: the source that takes pushed entities, and the sink that publishes them.

#pragma once

#include "pipe/registry.h"

namespace sluice::connectors {

void AddHttpEndpoint(pipe::Registry& registry);

}  // namespace sluice::connectors
