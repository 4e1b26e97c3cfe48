#include "pipe/merge/first_ids.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::pipe::merge {
namespace {

// The group whose first member this is; none if another one is.
Result<std::vector<Member>> GroupBegunBy(Matcher& matcher, const Member& member,
                                         std::span<const Member> now) {
  std::vector<Member> group;
  if (std::ranges::binary_search(now, member, Precedes)) {
    if (!Precedes(now[0], member)) group.assign(now.begin(), now.end());
    return group;
  }
  SLUICE_TRY(Group found, matcher.FindGroup(member));
  std::ranges::sort(found.members, Precedes);
  if (!Precedes(found.members[0], member)) group = std::move(found.members);
  return group;
}

}  // namespace

Result<FoundByFirst> FindByFirst(const MergeSetup& setup, Matcher& matcher, std::string_view id,
                                 std::span<const Member> now, Arena& arena) {
  FoundByFirst found;
  std::vector<Member> winner;
  bool any = false, any_live = false;
  for (size_t place = 0; place < setup.rules.datasets().size(); ++place) {
    SLUICE_TRY(const Entity* const entity, matcher.Get(place, id));
    if (!entity) continue;
    any = true;
    const Member member{.dataset = place, .entity = entity};
    if (entity->deleted) {
      if (!any_live) winner = {member};
      continue;
    }
    if (!any_live) winner.clear();
    any_live = true;
    found.live.push_back(member);
    SLUICE_TRY(auto group, GroupBegunBy(matcher, member, now));
    if (group.empty()) continue;
    ++found.claims;
    winner = std::move(group);
  }
  if (winner.empty()) {
    found.entity = Deletion(id, any ? Replaced::kYes : Replaced::kNo, arena);
    found.source = {.id = found.entity.id(), .deleted = true, .gone = true};
    return found;
  }
  found.entity = Combine(winner, setup.combine, arena);
  found.source = SourceOf(winner, Identity::kFirst, arena);
  found.members = std::move(winner);
  return found;
}

std::string SharedIdsWarning(uint64_t count) {
  return fmt::format(
      "{} ids are those of several groups, since entities of several datasets have one _id and are "
      "not the same: the group of the last dataset is given",
      count);
}

}  // namespace sluice::pipe::merge
