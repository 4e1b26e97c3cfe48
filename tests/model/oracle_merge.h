// What a merge source gives, worked out by comparing every entity with every other one.

#pragma once

#include <vector>

#include "tests/model/oracle.h"

namespace sluice::model {

// The values of a key; null is none.
std::vector<Json> KeysOf(const Key& key, const Json& entity);
bool Overlaps(const std::vector<Json>& a, const std::vector<Json>& b);

// In the order in which a full run ends: of those that give one output the last one lives.
std::vector<Json> MergedEntities(const Pipe& pipe, const Datasets& datasets);

}  // namespace sluice::model
