// One random history, from a seed: a configuration, and changes of data and configuration, restarts
// and runs in any order; then everything comes to rest and is compared.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/model/generator.h"
#include "tests/model/oracle.h"
#include "tests/model/world.h"

namespace sluice::model {

struct ScenarioOptions {
  GeneratorOptions generator = {};
  Mistakes mistakes = {};
  bool fresh_hub = true;  // Compare with a fresh hub too.
  int steps = 25;
};

// What differs, told at length; nothing if all is as it must be.
std::optional<std::string> RunScenario(uint64_t seed, const ScenarioOptions& options);

}  // namespace sluice::model
