#include "pipe/merge/explain.h"

#include <algorithm>
#include <charconv>

#include "pipe/dict_builder.h"
#include "pipe/merge/composite_ids.h"
#include "pipe/merge/matching.h"
#include "value/json.h"

namespace sluice::pipe::merge {
namespace {

Value NameOf(const MergeSetup& setup, const Member& member, Arena& arena) {
  return DictBuilder(arena)
      .SetText("dataset", setup.rules.datasets()[member.dataset].dataset)
      .SetText("_id", member.entity->id())
      .Make();
}

// "0|one1|1|two1": the first member of the group that has the id, else the first of its parts that
// is an entity. Ids may hold '|' themselves.
Result<std::optional<Member>> FirstOfComposite(Matcher& matcher, const MergeSetup& setup,
                                               std::string_view id, Arena& arena) {
  size_t place = 0;
  const auto read = std::from_chars(id.data(), id.data() + id.size(), place);
  const auto digits = static_cast<size_t>(read.ptr - id.data());
  if (read.ec != std::errc() || digits >= id.size() || id[digits] != '|' ||
      place >= setup.rules.datasets().size()) {
    return std::optional<Member>();
  }
  SLUICE_TRY(const auto groups, FindByComposite(setup, matcher, id, {}, arena));
  if (!groups.empty()) return std::optional(groups[0][0]);
  const std::string_view rest = id.substr(digits + 1);
  for (size_t end = rest.find('|');; end = rest.find('|', end + 1)) {
    SLUICE_TRY(const Entity* const entity, matcher.Get(place, rest.substr(0, end)));
    if (entity) return std::optional(Member{.dataset = place, .entity = entity});
    if (end == std::string_view::npos) return std::optional<Member>();
  }
}

Result<std::vector<Member>> FindStarts(Matcher& matcher, const MergeSetup& setup,
                                       std::string_view id, Arena& arena) {
  std::vector<Member> starts;
  for (size_t place = 0; place < setup.rules.datasets().size(); ++place) {
    SLUICE_TRY(const Entity* const entity, matcher.Get(place, id));
    if (entity) starts.push_back({.dataset = place, .entity = entity});
  }
  if (!starts.empty()) return starts;
  SLUICE_TRY(const auto first, FirstOfComposite(matcher, setup, id, arena));
  if (first) return std::vector<Member>{*first};
  return MakeError(Code::kNotFound, "no dataset of the merge source of \"{}\" has \"{}\"",
                   setup.pipe, id);
}

Value MembersOf(const MergeSetup& setup, const Group& group, Arena& arena) {
  std::vector<Value> members;
  for (size_t i = 0; i < group.members.size(); ++i) {
    DictBuilder member(arena);
    member.SetText("dataset", setup.rules.datasets()[group.members[i].dataset].dataset)
        .SetText("_id", group.members[i].entity->id());
    if (i != 0) {
      const Link& link = group.links[i];
      member.SetText("rule", setup.rules.rules()[link.rule].text)
          .Set("value", link.value)
          .Set("same_as", NameOf(setup, group.members[link.from], arena));
    }
    members.push_back(member.Make());
  }
  return Value::List(arena.CopyArray(std::span<const Value>(members)));
}

// A group, beginning with the first of its members.
Result<Value> Describe(Matcher& matcher, const MergeSetup& setup, const Member& start,
                       std::vector<Member>& ordered, Arena& arena) {
  Group group{.members = {start}, .links = {Link{}}};
  if (!start.entity->deleted) {
    SLUICE_TRY(group, matcher.FindGroup(start));
    ordered = group.members;
    std::ranges::sort(ordered, Precedes);
    if (Precedes(ordered[0], start)) {
      SLUICE_TRY(group, matcher.FindGroup(ordered[0]));
    }
  } else {
    ordered = group.members;
  }
  DictBuilder described(arena);
  described.SetText("_id", IdOf(std::span<const Member>(ordered), setup.combine.identity, arena));
  if (start.entity->deleted) described.Set("_deleted", Value::Boolean(true));
  return described.SetInteger("size", ordered.size())
      .Set("members", MembersOf(setup, group, arena))
      .Make();
}

bool IsIn(const std::vector<Member>& ordered, const Member& member) {
  return std::ranges::binary_search(ordered, member, Precedes);
}

}  // namespace

Result<std::string> ExplainGroup(const MergeSetup& setup, std::string_view id, const Stop& stop) {
  if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
  const auto kept = std::make_shared<Arena>();
  Arena& arena = *kept;
  Matcher matcher(setup.rules, setup.store->TakeSnapshot(), *setup.indexes, setup.members_max,
                  kept);
  SLUICE_TRY(const auto starts, FindStarts(matcher, setup, id, arena));
  std::vector<Value> groups;
  std::vector<std::vector<Member>> seen;
  for (const Member& start : starts) {
    if (std::ranges::any_of(seen, [&](const auto& group) { return IsIn(group, start); })) continue;
    SLUICE_TRY(groups.emplace_back(), Describe(matcher, setup, start, seen.emplace_back(), arena));
  }
  DictBuilder answer(arena);
  answer.SetText("pipe", setup.pipe)
      .SetText("id", id)
      .Set("groups", Value::List(arena.CopyArray(std::span<const Value>(groups))));
  return ToJson(answer.Make());
}

}  // namespace sluice::pipe::merge
