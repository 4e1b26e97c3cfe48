// Combining: the entity that a group becomes (configuration-sources-merge.rst, identity and
// strategy; SEMANTICS, "Merge source").

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "pipe/component.h"
#include "pipe/merge/groups.h"
#include "pipe/merge/matching.h"
#include "value/value.h"

namespace sluice::pipe::merge {

enum class Identity { kComposite, kFirst };
enum class Strategy { kDefault, kCompact, kList };

struct CombineOptions {
  Identity identity = Identity::kComposite;
  Strategy strategy = Strategy::kDefault;
  bool include_internal_properties = false;
};

// The `_id` of a group; members are in their order. It lies in the arena.
std::string_view IdOf(std::span<const Node> members, Identity identity, Arena& arena);
std::string_view IdOf(std::span<const Member> members, Identity identity, Arena& arena);

// The entity of a group, or of a deleted entity on its own. What it holds views the members and the
// arena.
Entity Combine(std::span<const Member> members, const CombineOptions& options, Arena& arena);

// What dependency tracking knows a group by: its id where that is its first member's, else the
// first member itself as "0|one1", which stays the same while others come and go. Its place among
// others is that of the first member.
SourceEntity SourceOf(std::span<const Member> members, Identity identity, Arena& arena);
// Of a group whose members are there no more.
SourceEntity SourceGone(const Node& first, Identity identity, Arena& arena);

// {"_id": ID, "_deleted": true}, and that it was replaced.
enum class Replaced { kNo, kYes };
Entity Deletion(std::string_view id, Replaced replaced, Arena& arena);

}  // namespace sluice::pipe::merge
