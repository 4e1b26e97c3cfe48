// An engine in memory: what tests and `sluice run` without a data folder stand on.

#pragma once

#include <memory>

#include "storage/engine.h"

namespace sluice::storage {

std::unique_ptr<Engine> MakeMemoryEngine();

}  // namespace sluice::storage
