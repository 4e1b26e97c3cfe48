// Inversion: follows the joins from the changes of one dataset back to the source entities whose
// output they can change.
//
// Every version in the window counts, and the one before it: what was visible only between two
// batches too. The indexes are those of the newest snapshot: what has moved in between lies in the
// window of its own dataset, or is read by the source.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/stop.h"
#include "pipe/component.h"
#include "pipe/indexes.h"
#include "pipe/tracking/affected.h"
#include "pipe/tracking/inverse_plan.h"
#include "pipe/tracking/mistakes.h"
#include "pipe/tracking/recorded_keys.h"

namespace sluice::pipe {

struct InversionSetup {
  const InversePlan* plan = nullptr;
  const Indexes* indexes = nullptr;
  SourceById* source = nullptr;
  std::string state_prefix;  // Of recorded keys.
  Mistakes mistakes = {};
};

// Used by one thread, for one dataset and one run.
class Inversion {
 public:
  // Of the versions in [from, to) of `dataset`.
  Inversion(InversionSetup setup, std::shared_ptr<const storage::Snapshot> snapshot,
            const storage::DatasetInfo& dataset, storage::Offset from, storage::Offset to,
            AffectedSet& affected);

  // Works through some versions; false at the end.
  Result<bool> Step(const Stop& stop);
  storage::Offset position() const { return next_; }

 private:
  // Entities of one node that are still to be followed.
  struct Pending {
    size_t node;
    std::vector<std::string> ids;
  };

  Result<void> Change(const Entity* before, const Entity& after, const Stop& stop);
  Result<void> FollowAll(const Stop& stop);
  Result<void> FollowPage(const Pending& page, const Stop& stop);
  Result<void> Follow(size_t node, const Entity& entity);
  Result<void> FollowEdge(const InverseEdge& edge, const Value& key);
  Result<void> Reach(const InverseEdge& edge, std::string_view id);
  Result<std::optional<storage::DatasetNumber>> NumberOf(const std::string& dataset);
  bool Passes(const InverseNode& node, const Entity* entity);

  InversionSetup setup_;
  std::shared_ptr<const storage::Snapshot> snapshot_;
  storage::DatasetNumber number_;
  std::vector<size_t> nodes_;  // Those of the dataset whose changes count.
  storage::Offset next_;
  storage::Offset to_;
  std::unique_ptr<storage::LogReader> log_;
  AffectedSet& affected_;
  std::shared_ptr<Arena> arena_;
  std::vector<Pending> pending_;
  std::unordered_set<std::string> visited_;  // Entities of nodes, and keys of edges.
  std::unordered_map<std::string, std::optional<storage::DatasetNumber>> numbers_;
  Result<void> failed_;  // Inside of a visit.
};

}  // namespace sluice::pipe
