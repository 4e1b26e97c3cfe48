// The part of an incremental merge that gives: what a group has become, and ids that are no
// longer its own.

#include <algorithm>

#include "pipe/merge/composite_ids.h"
#include "pipe/merge/first_ids.h"
#include "pipe/merge/incremental_merge.h"

namespace sluice::pipe::merge {
namespace {

Node NodeOf(const Member& member) {
  return {.dataset = member.dataset, .id = std::string(member.entity->id())};
}

}  // namespace

// An id that the group at hand does not have.
Result<void> IncrementalMerge::GiveOther(const Gone& gone, std::span<const Member> now) {
  const Identity identity = setup_->combine.identity;
  if (identity == Identity::kFirst) return GiveFirst(gone.id, now);
  Give(Deletion(gone.id, now.empty() ? Replaced::kNo : Replaced::kYes, *arena_),
       SourceGone(gone.first, identity, *arena_));
  const uint64_t longest = longest_composite_[gone.first.dataset];
  if (longest == 0) return {};
  const FirstIdBytes bytes{.max = std::max<uint64_t>(longest, gone.first.id.size())};
  SLUICE_TRY(const auto heirs, FindByComposite(*setup_, *matcher_, gone.id, bytes, *arena_));
  if (!heirs.empty()) heirs_.push_back(NodeOf(heirs[0][0]));
  return {};
}

Result<void> IncrementalMerge::GiveNow(std::string_view id, const Node& first,
                                       std::span<const Member> now) {
  const Identity identity = setup_->combine.identity;
  if (identity == Identity::kFirst) return GiveFirst(id, now);
  SLUICE_TRY(const bool stands, StandsForId(id, first));
  if (!stands) return {};
  if (now.empty()) {
    Give(Deletion(id, Replaced::kNo, *arena_), SourceGone(first, identity, *arena_));
  } else {
    if (!now[0].entity->deleted) SLUICE_TRY(EndThoseBehind(id, first));
    Give(Combine(now, setup_->combine, *arena_), SourceOf(now, identity, *arena_));
  }
  return {};
}

// False where a live group has the id and goes before this one. That is looked at instead, since
// something else may have been given under the id meanwhile.
Result<bool> IncrementalMerge::StandsForId(std::string_view id, const Node& first) {
  SLUICE_TRY(const auto before, FindAhead(*setup_, *matcher_, id, first.id, *arena_));
  if (before.empty()) return true;
  ++shared_ids_;
  if (wants_sources_) {
    Give(Deletion(id, Replaced::kYes, *arena_), SourceGone(first, Identity::kComposite, *arena_));
  }
  heirs_.push_back(NodeOf(before[0][0]));
  return false;
}

// What came of groups that have the id too, and were given before this one was there, goes.
Result<void> IncrementalMerge::EndThoseBehind(std::string_view id, const Node& first) {
  const uint64_t longest = longest_composite_[first.dataset];
  if (!wants_sources_ || longest <= first.id.size()) return {};
  const FirstIdBytes bytes{.min = first.id.size() + 1, .max = longest};
  SLUICE_TRY(const auto behind, FindByComposite(*setup_, *matcher_, id, bytes, *arena_));
  for (const auto& group : behind) {
    Give(Deletion(id, Replaced::kYes, *arena_),
         SourceGone(NodeOf(group[0]), Identity::kComposite, *arena_));
  }
  return {};
}

// Whether dependency tracking knows a group that had the id of the one at hand by another name.
bool IncrementalMerge::IsOtherSource(const Gone& gone, std::span<const Node> now) const {
  return wants_sources_ && setup_->combine.identity == Identity::kComposite && gone.first != now[0];
}

void IncrementalMerge::NoteIds(std::span<const Node> nodes) {
  if (setup_->combine.identity == Identity::kFirst) return;
  bool longer = false;
  for (const Node& node : nodes) {
    uint64_t& longest = longest_composite_[node.dataset];
    if (node.id.size() <= longest || !LooksComposite(node.id)) continue;
    longest = node.id.size();
    longer = true;
  }
  if (longer) groups_->SetLongestComposite(longest_composite_);
}

void IncrementalMerge::Give(Entity entity, const SourceEntity& source) {
  made_.push_back(std::move(entity));
  made_of_.push_back(source);
}

// Whether the group of an entity is stored as it is now: if not, what is given under its id rests
// on what nobody would know of after a crash.
Result<bool> IncrementalMerge::IsKnown(const Member& member) {
  SLUICE_TRY(Group group, matcher_->FindGroup(member));
  std::ranges::sort(group.members, Precedes);
  std::vector<Node> nodes;
  for (const Member& each : group.members) nodes.push_back(NodeOf(each));
  SLUICE_TRY(Standing standing, groups_->Find(NodeOf(member)));
  if (nodes.size() == 1) return standing.kind == Standing::Kind::kAlone || standing.own_id;
  if (standing.kind == Standing::Kind::kMember) {
    if (standing.first != nodes[0]) return false;
    SLUICE_TRY(standing, groups_->Find(nodes[0]));
  }
  return standing.kind == Standing::Kind::kFirst && standing.members == nodes;
}

Result<void> IncrementalMerge::GiveFirst(std::string_view id, std::span<const Member> now) {
  SLUICE_TRY(auto found, FindByFirst(*setup_, *matcher_, id, now, *arena_));
  for (const Member& other : found.live) {
    if (std::ranges::binary_search(now, other, Precedes)) continue;
    SLUICE_TRY(const bool known, IsKnown(other));
    if (!known) heirs_.push_back(NodeOf(other));
  }
  if (!found.members.empty() && !found.members[0].entity->deleted &&
      (now.empty() || NodeOf(found.members[0]) != NodeOf(now[0]))) {
    // Another group's: what is given must be known of in the same commit.
    heirs_.push_back(NodeOf(found.members[0]));
    return {};
  }
  if (found.claims > 1) ++shared_ids_;
  Give(std::move(found.entity), found.source);
  return {};
}

}  // namespace sluice::pipe::merge
