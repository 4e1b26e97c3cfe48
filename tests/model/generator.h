// Random pipes, from a seed.

#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "tests/model/configuration.h"

namespace sluice::model {

struct GeneratorOptions {
  bool shared_outputs = true;
  bool chained_transforms = true;
  bool unions = true;
  bool merges = true;
  bool namespaces = true;
  bool sink_hops = true;
  bool cycles = true;
  bool only_merges = false;  // Every pipe, where mistakes of merging are looked for.
};

Configuration RandomConfiguration(SeededRandom& random, const GeneratorOptions& options);
// Another pipe in the place of the ith.
Pipe RandomPipe(SeededRandom& random, const Configuration& configuration, size_t i,
                const GeneratorOptions& options);
// Other datasets or rules for a pipe that merges; its transforms stay.
void ChangeMerge(SeededRandom& random, const Configuration& configuration, size_t i,
                 const GeneratorOptions& options, Pipe& pipe);

}  // namespace sluice::model
