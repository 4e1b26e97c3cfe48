// The oracle: what a pipe's output must be, worked out by nested loops over whole datasets. It
// shares no code with dtl/ and pipe/.

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/model/configuration.h"
#include "tests/model/json.h"

namespace sluice::model {

// Mistakes made here must be noticed just as if the hub had made them.
struct OracleMistakes {
  bool null_is_a_key = false;
  bool old_keys_stay = false;  // An entity is joined by the keys that it had before, too.
};

// The newest version of one entity, in the order of the log.
struct Stored {
  Json entity;
  bool deleted = false;
  std::vector<Json> before;  // Older versions that are kept.
};

using Datasets = std::map<std::string, std::vector<Stored>>;

// Live entities by id. `datasets`: all that the pipe reads.
std::map<std::string, Json> Evaluate(const Pipe& pipe, const Datasets& datasets,
                                     const OracleMistakes& mistakes = {});

}  // namespace sluice::model
