// Explains how a pipe joins, what it follows, and whether it is exact: for `sluice dtl explain` and
// the API.

#pragma once

#include "base/arena.h"
#include "pipe/compiled_pipe.h"
#include "value/value.h"

namespace sluice::pipe {

// A dict:
//   exact, not_exact: the reasons;
//   joins: one for each step of a hop, in the order of joining: at, alias, dataset, key
//   (canonical),
//     by ("_id" or "index"), index {number, ready, entries}, expected {sampled, mean, most}
//     entities for a key, seen {keys, found, most, most_key, without_key, blank}, reads ("all" or
//     "some"), followed_back: how changes are followed to the source, warnings;
//   tracking: the offset of each dataset that is followed and how many versions lie behind it;
//   keeps_outputs, records_keys.
// What must be counted in the store is counted for samples only.
Result<Value> ExplainPipe(const CompiledPipe& pipe, const storage::Store& store,
                          const Indexes& indexes, Arena& arena);

}  // namespace sluice::pipe
