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

  // Works through some versions, or through a part of one that many entities are joined with; false
  // at the end.
  Result<bool> Step(const Stop& stop);

 private:
  // What is still to be followed: entities of a node or, with an edge, what is joined by a key.
  // Pages of ids, not all of them, however many a key has.
  struct Work {
    size_t node = 0;
    std::vector<std::string> ids;
    const InverseEdge* edge = nullptr;
    std::string key;    // As AppendEqualityKey made it.
    std::string after;  // The last id that was visited.
  };

  Result<bool> ReadVersions();
  Result<void> FollowVersion();
  Result<void> FollowWork(const Stop& stop);
  Result<void> FollowPage(const Work& page);
  Result<void> VisitPage(Work visit);
  Result<void> Follow(size_t node, const Entity& entity);
  Result<void> FollowEdge(const InverseEdge& edge, const Value& key, std::string bytes);
  Result<void> Reach(const InverseEdge& edge, std::string_view id);
  Result<std::optional<storage::DatasetNumber>> NumberOf(const std::string& dataset);
  bool Passes(const InverseNode& node, const Entity* entity);

  InversionSetup setup_;
  std::shared_ptr<const storage::Snapshot> snapshot_;
  storage::DatasetNumber number_;
  std::vector<size_t> nodes_;  // Those of the dataset whose changes count.
  storage::Offset from_;
  storage::Offset to_;
  std::unique_ptr<storage::LogReader> log_;
  AffectedSet& affected_;
  // What was read last, and those versions' predecessors where they are among them.
  std::shared_ptr<Arena> versions_arena_;
  std::vector<Entity> versions_;
  std::unordered_map<std::string_view, const Entity*> seen_;
  size_t next_version_ = 0;
  std::shared_ptr<Arena> arena_;  // Of the keys that are being made.
  std::vector<Work> work_;
  size_t visits_left_ = 0;                   // Of this step.
  std::unordered_set<std::string> visited_;  // Entities of nodes, and keys of edges.
  std::unordered_map<std::string, std::optional<storage::DatasetNumber>> numbers_;
};

}  // namespace sluice::pipe
