// InversePlan: the joins of a pipe's programs, followed from what is hopped to back to the source.

#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "dtl/program.h"
#include "pipe/indexes.h"

namespace sluice::pipe {

// A way back from the entities of one step of a hop.
struct InverseEdge {
  static constexpr int kSource = -1;    // To entities of the pipe's source.
  static constexpr int kRecorded = -2;  // To the source entities that looked this key up.

  int to = kSource;                             // Or the position of a node.
  std::shared_ptr<const dtl::IndexedKey> key;   // Of the entity at hand.
  std::shared_ptr<const dtl::IndexedKey> from;  // What it joins there; null for kRecorded.
  uint64_t lookup = 0;                          // Names `key` where it is recorded.
};

// The entities of one step of a hop.
struct InverseNode {
  std::string at;  // JSON pointer of the call.
  std::string alias;
  std::string dataset;
  bool tracked = true;  // Its changes count; false: it is only on the way of others.
  std::shared_ptr<const dtl::EntityFilter> filter;
  std::shared_ptr<const dtl::EntityReads> reads;
  std::vector<InverseEdge> edges;
};

// Immutable.
struct InversePlan {
  std::vector<InverseNode> nodes;
  IndexedKeys indexes;             // What following the joins back needs.
  std::set<std::string> datasets;  // Whose changes count.
  // Keys that are recorded for each source entity, since joins cannot be followed back; and why.
  bool records_all = false;
  std::vector<std::string> recorded_because;
  // Whether an entity may be reached on ever longer ways (recursion).
  bool cyclic = false;
};

// Names a lookup in what is recorded.
uint64_t LookupNumber(const dtl::IndexedKey& key);

// Adds a program's hops. `source_datasets`: where its entities come from as they are stored; empty
// where they are not, so that keys have to be recorded. Deleted source entities are in no index:
// their keys are recorded always. Hops to `sink_dataset` are left out: they are never exact.
void AddProgram(const dtl::Analysis& analysis, const std::vector<std::string>& source_datasets,
                const std::string& why_not_stored, const std::string& sink_dataset,
                InversePlan& plan);

}  // namespace sluice::pipe
