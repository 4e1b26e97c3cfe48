// Matcher: the group that an entity belongs to in one snapshot.

#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "pipe/merge/rules.h"
#include "pipe/storage_lookup.h"

namespace sluice::pipe::merge {

// An entity and which of the source's datasets it is from.
struct Member {
  size_t dataset = 0;
  const Entity* entity = nullptr;
};
// As members stand in composite ids: by the place of the dataset, then by `_id`.
bool Precedes(const Member& a, const Member& b);

// How a member came in: it has the value under the rule, as the member `from` has.
struct Link {
  size_t rule = 0;
  Value value;
  size_t from = 0;  // A place in the group, before this one.
};

// The members in the order in which they were found, the first being where the search began.
struct Group {
  std::vector<Member> members;
  std::vector<Link> links;  // One for each member; the first means nothing.
};

// How many a value brought together at once, for what people should look at.
inline constexpr size_t kMembersOfVersion1Max = 10'000'000;

// What it gives lies in the arena that it was made with. Used by one thread.
class Matcher {
 public:
  // A group of more than `members_max` is kTooLarge. All of it must outlive the matcher.
  Matcher(const Rules& rules, std::shared_ptr<const storage::Snapshot> snapshot,
          const Indexes& indexes, size_t members_max, std::shared_ptr<Arena> arena);

  // The latest version, deleted ones too; null where there is none.
  Result<const Entity*> Get(size_t dataset, std::string_view id);
  // The group of a live entity of the snapshot.
  Result<Group> FindGroup(const Member& start);

 private:
  struct Wanted {
    RuleKey key;
    size_t from;
  };
  using Search = std::vector<Wanted>;

  Search NewKeys(const Group& group, size_t from);
  Result<void> Follow(size_t rule, const Search& keys, Group& group);
  void AddMember(const Member& member, const Link& link, Group& group);
  std::optional<storage::DatasetNumber> NumberOf(size_t dataset);

  const Rules& rules_;
  const std::shared_ptr<const storage::Snapshot> snapshot_;
  const size_t members_max_;
  const std::shared_ptr<Arena> arena_;
  StorageLookup lookup_;
  std::vector<std::optional<std::optional<storage::DatasetNumber>>> numbers_;
  // Of the search that goes on.
  std::vector<std::unordered_set<std::string_view>> seen_members_;  // By dataset.
  std::unordered_set<std::string> seen_keys_;
};

Error TooManyMembers(size_t members_max, std::string_view member);

}  // namespace sluice::pipe::merge
