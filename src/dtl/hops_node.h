// The executable form of hops.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dtl/lookup.h"
#include "dtl/node.h"

namespace sluice::dtl {

struct HopLookup {
  NodePtr from;  // Gives the keys.
  std::shared_ptr<const IndexedKey> key;
};

struct HopOverlap {
  std::vector<std::pair<NodePtr, NodePtr>> parts;  // Any of them overlaps.
};

struct HopStepNode {
  int slot = 0;
  std::string alias;
  std::vector<HopLookup> lookups;
  std::vector<NodePtr> filters;
  std::vector<HopOverlap> overlaps;
};

struct HopSpecNode {
  std::vector<NodePtr> first_filters;
  std::vector<HopStepNode> steps;  // In the order of joining.
  std::vector<int> slots;          // Of all aliases.
  bool recurse = false;
  bool exclude_root = false;
  std::optional<int64_t> depth_max;
  std::string trace;
  std::vector<int> return_slots;
  NodePtr return_node;
};

// Runs chained specs from a value. With `rule` its results go through the rule.
NodePtr MakeHops(std::vector<HopSpecNode> specs, const Rule* rule, std::string at);

}  // namespace sluice::dtl
