// The JSON source and the JSON push sink.

#pragma once

#include "pipe/registry.h"

namespace sluice::connectors {

void AddJsonSource(pipe::Registry& registry);
void AddJsonSink(pipe::Registry& registry);

}  // namespace sluice::connectors
