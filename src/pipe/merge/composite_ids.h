// Composite ids that stand for several groups: ids of entities may look like the inside of one, as
// those that another merge source has made do. "0|a|1|b" is the id of "a" and "b", and of "a|1|b".
//
// Of groups with one id that one stands whose first member has the shortest id, and any live group
// before what was deleted. So a group whose first member's id does not look composite stands
// always.

#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "pipe/merge/matching.h"
#include "pipe/merge/merge_setup.h"

namespace sluice::pipe::merge {

// Whether the id of an entity holds what stands between two members: '|', digits, '|'.
bool LooksComposite(std::string_view entity_id);

// How many bytes the id of a group's first member may have.
struct FirstIdBytes {
  size_t min = 0;
  size_t max = std::numeric_limits<size_t>::max();
};

// The live groups of the matcher's snapshot that have this composite id, the one that stands first,
// in their order.
Result<std::vector<std::vector<Member>>> FindByComposite(const MergeSetup& setup, Matcher& matcher,
                                                         std::string_view id, FirstIdBytes bytes,
                                                         Arena& arena);
// Those that go before a group, or a deleted entity on its own, that begins with this one.
Result<std::vector<std::vector<Member>>> FindAhead(const MergeSetup& setup, Matcher& matcher,
                                                   std::string_view id, std::string_view first_id,
                                                   Arena& arena);

std::string AmbiguousIdsWarning(uint64_t count);

}  // namespace sluice::pipe::merge
