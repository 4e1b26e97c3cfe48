// Groups: which groups a merge source has given out, stored in the pipe's commits.
//
// Primary state (DESIGN.md, law 1): logs cannot give it back; a full run begins a new generation of
// it. An entity that nothing is stored for was given alone, if it was given at all.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/store.h"

namespace sluice::pipe::merge {

// An entity by name.
struct Node {
  size_t dataset = 0;  // Its place in the source's `datasets`.
  std::string id;
  auto operator<=>(const Node&) const = default;
};

// What is stored of one entity.
struct Standing {
  enum class Kind {
    kAlone,   // Nothing is stored.
    kFirst,   // The first of a group of several.
    kMember,  // Another one of it.
    kLoose,   // In no group: its own has dissolved, or it was given alone ahead of the position.
  };
  Kind kind = Kind::kAlone;
  std::vector<Node> members;  // kFirst: all of the group in their order, itself included.
  Node first;                 // kMember.
  bool own_id = false;        // kLoose: an entity under its own id was given.
};

// What holds for all of a pipe's generations.
struct GroupsHead {
  uint64_t generation = 0;
  // An older generation that may not be removed yet; 0: none.
  uint64_t stale = 0;
};
Result<GroupsHead> LoadGroupsHead(const storage::Snapshot& snapshot, std::string_view pipe);
storage::StateChange StoreGroupsHead(std::string_view pipe, const GroupsHead& head);
// Removes all that is stored of a generation, a part at a time.
Result<void> RemoveGeneration(storage::Store& store, std::string_view pipe, uint64_t generation,
                              const Stop& stop);

// One generation. Reads its own changes at once. Used by one thread.
class Groups {
 public:
  // The store must outlive it.
  Groups(storage::Store& store, std::string_view pipe, uint64_t generation);

  Result<Standing> Find(const Node& node) const;
  // Members in their order; one alone is stored as nothing.
  void SetGroup(std::span<const Node> members);
  // One that was given under its own id although the stored position is before it: a run that is
  // cut off would take it for new. Found as kLoose with `own_id`; there is nothing left to look at.
  void SetGivenAlone(const Node& node);
  void SetLoose(const Node& node, bool own_id);
  void ClearLoose(const Node& node);
  // Those that are loose, in the store or since; at most `count_max`.
  Result<std::vector<Node>> FindLoose(size_t count_max) const;

  // By dataset: how many bytes the longest id has that looks composite, of all that were looked at;
  // 0: there is none. Unknown, so as large as can be, in what an older version has stored.
  Result<std::vector<uint64_t>> FindLongestComposite(size_t datasets) const;
  void SetLongestComposite(std::span<const uint64_t> bytes);

  // What has changed since it was taken last, to be committed before it is taken again.
  std::vector<storage::StateChange> Take();

  // Calls `visit` for each group that is stored, until it returns false.
  Result<void> VisitGroups(
      const std::function<bool(const Node& first, size_t members)>& visit) const;

 private:
  using Changes = std::map<std::string, std::optional<std::string>, std::less<>>;

  std::string NodeKey(const Node& node) const;
  std::string LooseKey(const Node& node) const;
  Result<std::optional<std::string>> Read(const std::string& key) const;

  storage::Store& store_;
  const std::string prefix_;
  std::shared_ptr<const storage::Snapshot> snapshot_;
  Changes changes_;  // Not taken yet.
  Changes taken_;    // Taken, and perhaps not in snapshot_.
};

}  // namespace sluice::pipe::merge
