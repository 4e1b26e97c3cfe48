// lookup: entities by references (deprecated by the reference; lookup-entity replaces it).

#pragma once

#include <string>
#include <vector>

#include "dtl/node.h"

namespace sluice::dtl {

// ["lookup", [DATASET_IDS,] ENTITY_REFERENCES]; relative references are looked up in
// `source_dataset` where no datasets are given.
NodePtr MakeLookup(std::vector<NodePtr> args, std::string source_dataset, std::string at);

}  // namespace sluice::dtl
