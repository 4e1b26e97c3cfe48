// The oracle: what a pipe's output must be, worked out by nested loops over whole datasets. It
// shares no code with dtl/ and pipe/.

#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/model/configuration.h"
#include "tests/model/json.h"

namespace sluice::model {

// The newest version of one entity, in the order of the log.
struct Stored {
  Json entity;
  bool deleted = false;
};

using Datasets = std::map<std::string, std::vector<Stored>>;

// Live entities by id. `datasets`: all that the pipe reads.
std::map<std::string, Json> Evaluate(const Pipe& pipe, const Datasets& datasets);
// What a first full run gives of a pipe that hops to its own sink: each batch sees what those
// before it have written.
std::map<std::string, Json> EvaluateInBatches(const Pipe& pipe, Datasets datasets);

}  // namespace sluice::model
