#include "pipe/merge/composite_ids.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace sluice::pipe::merge {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Where "|7|" begins, at or after `from`.
size_t FindBoundary(std::string_view text, size_t from) {
  for (size_t at = text.find('|', from); at != text.npos; at = text.find('|', at + 1)) {
    size_t end = at + 1;
    while (end < text.size() && IsDigit(text[end])) ++end;
    if (end > at + 1 && end < text.size() && text[end] == '|') return at;
  }
  return text.npos;
}

// The group that begins with this entity and has the id; nothing where there is none.
Result<std::vector<Member>> GroupOf(const Member& first, std::string_view id, Matcher& matcher,
                                    Arena& arena) {
  SLUICE_TRY(Group group, matcher.FindGroup(first));
  std::vector<Member> members = std::move(group.members);
  std::ranges::sort(members, Precedes);
  if (Precedes(members[0], first) ||
      IdOf(std::span<const Member>(members), Identity::kComposite, arena) != id) {
    members.clear();
  }
  return members;
}

}  // namespace

bool LooksComposite(std::string_view entity_id) {
  return FindBoundary(entity_id, 0) != std::string_view::npos;
}

Result<std::vector<std::vector<Member>>> FindByComposite(const MergeSetup& setup, Matcher& matcher,
                                                         std::string_view id, FirstIdBytes bytes,
                                                         Arena& arena) {
  std::vector<std::vector<Member>> groups;
  size_t place = 0;
  const auto read = std::from_chars(id.data(), id.data() + id.size(), place);
  const auto digits = static_cast<size_t>(read.ptr - id.data());
  if (read.ec != std::errc() || digits >= id.size() || id[digits] != '|' ||
      place >= setup.rules.datasets().size()) {
    return groups;
  }
  const std::string_view rest = id.substr(digits + 1);
  for (size_t from = 0; from <= rest.size();) {
    const size_t end = std::min(FindBoundary(rest, from), rest.size());
    if (end > bytes.max) break;
    from = end + 1;
    if (end < bytes.min) continue;
    SLUICE_TRY(const Entity* const entity, matcher.Get(place, rest.substr(0, end)));
    if (!entity || entity->deleted) continue;
    SLUICE_TRY(auto group, GroupOf({.dataset = place, .entity = entity}, id, matcher, arena));
    if (!group.empty()) groups.push_back(std::move(group));
  }
  return groups;
}

Result<std::vector<std::vector<Member>>> FindAhead(const MergeSetup& setup, Matcher& matcher,
                                                   std::string_view id, std::string_view first_id,
                                                   Arena& arena) {
  if (!LooksComposite(first_id)) return std::vector<std::vector<Member>>();
  return FindByComposite(setup, matcher, id, {.max = first_id.size() - 1}, arena);
}

std::string AmbiguousIdsWarning(uint64_t count) {
  return fmt::format(
      "{} groups have the composite id of another one, since ids of entities hold \"|\": the one "
      "whose first entity has the shortest id is given",
      count);
}

}  // namespace sluice::pipe::merge
