#include "pipe/merge/matching.h"

#include <algorithm>

#include "value/relations.h"

namespace sluice::pipe::merge {

bool Precedes(const Member& a, const Member& b) {
  if (a.dataset != b.dataset) return a.dataset < b.dataset;
  return a.entity->id() < b.entity->id();
}

Error TooManyMembers(size_t members_max, std::string_view member) {
  return MakeError(Code::kTooLarge,
                   "more than {} entities are the same as \"{}\"; max_merged allows no more. A "
                   "value that many share may be the reason: `sluice merge explain` shows it",
                   members_max, member);
}

Matcher::Matcher(const Rules& rules, std::shared_ptr<const storage::Snapshot> snapshot,
                 const Indexes& indexes, size_t members_max, std::shared_ptr<Arena> arena)
    : rules_(rules),
      snapshot_(std::move(snapshot)),
      members_max_(members_max),
      arena_(std::move(arena)),
      lookup_(snapshot_, indexes, {}, std::make_shared<LookupCache>(arena_)),
      numbers_(rules.datasets().size()),
      seen_members_(rules.datasets().size()) {
  lookup_.LimitKeys(members_max);
}

std::optional<storage::DatasetNumber> Matcher::NumberOf(size_t dataset) {
  auto& known = numbers_[dataset];
  if (!known) {
    const auto info = snapshot_->FindDataset(rules_.datasets()[dataset].dataset);
    // What cannot be read fails where its entities are asked for.
    known = info.ok() && *info ? std::optional((*info)->number) : std::nullopt;
  }
  return *known;
}

Result<const Entity*> Matcher::Get(size_t dataset, std::string_view id) {
  const auto number = NumberOf(dataset);
  if (!number) return nullptr;
  const std::string_view ids[] = {id};
  SLUICE_TRY(const auto found, snapshot_->Get(*number, ids, *arena_));
  return found[0];
}

void Matcher::AddMember(const Member& member, const Link& link, Group& group) {
  if (!seen_members_[member.dataset].insert(member.entity->id()).second) return;
  group.members.push_back(member);
  group.links.push_back(link);
}

// The values of the members from `from` on that were not followed yet.
Matcher::Search Matcher::NewKeys(const Group& group, size_t from) {
  Search wanted;
  std::string bytes;
  for (size_t i = from; i < group.members.size(); ++i) {
    const Member& member = group.members[i];
    for (RuleKey& key : rules_.KeysOf(member.dataset, *member.entity, *arena_)) {
      bytes = std::to_string(key.rule);
      bytes += ' ';
      AppendEqualityKey(key.value, bytes);
      if (seen_keys_.insert(bytes).second) wanted.push_back({.key = std::move(key), .from = i});
    }
  }
  std::ranges::stable_sort(wanted, {}, [](const Wanted& w) { return w.key.rule; });
  return wanted;
}

// Adds those who have one of the values under a rule, where entities of two datasets have it.
Result<void> Matcher::Follow(size_t rule, const Search& keys, Group& group) {
  std::vector<Value> values;
  for (const Wanted& wanted : keys) values.push_back(wanted.key.value);
  const auto& sides = rules_.rules()[rule].sides;
  std::vector<std::vector<std::span<const Entity* const>>> found;
  std::vector<std::vector<bool>> over;
  for (const Side& side : sides) {
    SLUICE_TRY(found.emplace_back(), lookup_.Find(*side.key, values, *arena_));
    over.push_back(lookup_.over());
  }
  for (size_t v = 0; v < values.size(); ++v) {
    const Member& owner = group.members[keys[v].from];
    bool joins = false, is_over = false;
    for (size_t s = 0; s < sides.size(); ++s) {
      const bool any = over[s][v] || !found[s][v].empty();
      joins = joins || (sides[s].dataset != owner.dataset && any);
      is_over = is_over || over[s][v];
    }
    // What only one dataset has joins nothing, however many have it.
    if (!joins) continue;
    if (is_over) return TooManyMembers(members_max_, group.members[0].entity->id());
    const Link link{.rule = rule, .value = values[v], .from = keys[v].from};
    for (size_t s = 0; s < sides.size(); ++s) {
      for (const Entity* entity : found[s][v]) {
        AddMember({.dataset = sides[s].dataset, .entity = entity}, link, group);
      }
    }
    if (group.members.size() > members_max_) {
      return TooManyMembers(members_max_, group.members[0].entity->id());
    }
  }
  return {};
}

Result<Group> Matcher::FindGroup(const Member& start) {
  for (auto& seen : seen_members_) seen.clear();
  seen_keys_.clear();
  Group group;
  AddMember(start, {}, group);
  size_t done = 0;
  while (done < group.members.size()) {
    const Search wanted = NewKeys(group, done);
    done = group.members.size();
    for (size_t first = 0; first < wanted.size();) {
      const size_t rule = wanted[first].key.rule;
      size_t end = first;
      while (end < wanted.size() && wanted[end].key.rule == rule) ++end;
      SLUICE_TRY(Follow(rule,
                        Search(wanted.begin() + static_cast<ptrdiff_t>(first),
                               wanted.begin() + static_cast<ptrdiff_t>(end)),
                        group));
      first = end;
    }
  }
  return group;
}

}  // namespace sluice::pipe::merge
