// Ids of groups that are named by their first member: entities of several datasets may have one id.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipe/merge/matching.h"
#include "pipe/merge/merge_setup.h"

namespace sluice::pipe::merge {

struct FoundByFirst {
  std::vector<Member> live;  // All live entities that have the id.
  Entity entity;
  SourceEntity source;          // By its id.
  std::vector<Member> members;  // Of the group, in their order; none for a deletion.
  size_t claims = 0;            // How many live groups begin with an entity of this id.
};

// What stands under an id: the group that begins with it; of several that of the last dataset. A
// live one goes before one that was deleted; where none is left it is a deletion. `now` is a group
// that is known already, in its order; it may be empty.
Result<FoundByFirst> FindByFirst(const MergeSetup& setup, Matcher& matcher, std::string_view id,
                                 std::span<const Member> now, Arena& arena);

std::string SharedIdsWarning(uint64_t count);

}  // namespace sluice::pipe::merge
