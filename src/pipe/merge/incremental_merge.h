// IncrementalMerge: what changes in a merge source's datasets, and in the groups of its entities.

#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "pipe/component.h"
#include "pipe/dataset_reader.h"
#include "pipe/merge/groups.h"
#include "pipe/merge/matching.h"
#include "pipe/merge/merge_setup.h"

namespace sluice::pipe::merge {

// Looks at each entity that has changed since the last run: at the group that it is in now, and at
// the groups, given out before, that its members come from. Those dissolve: what is left of them
// is looked at in turn. All is read from one snapshot, so that a group that was looked at is done
// with, whatever of it comes later in the run.
class IncrementalMerge final : public SourceReader {
 public:
  IncrementalMerge(std::shared_ptr<const MergeSetup> setup, const OpenRequest& request);

  Result<void> Begin(const Value& since);
  Result<Batch> Next(size_t entities_max, const Stop& stop) override;
  Value since() const override { return since_.empty() ? Value::Null() : Value::String(since_); }
  bool complete() const override { return ended_ && !opened_.incomplete; }
  std::vector<storage::StateChange> TakeState() override;
  // What was given is nowhere else: it is committed with the groups, and with where that ends.
  bool reads_its_state() const override { return true; }
  std::vector<std::string> warnings() const override;

 private:
  // What was given out before of the entities of one group.
  struct Before {
    std::vector<std::vector<Node>> groups;
    std::vector<size_t> own_ids;  // Those that were given under their own id, as places.
    bool is_stored = false;       // Of any of them.
  };

  // An id that nothing has any more, and the first member of what had it.
  struct Gone {
    std::string_view id;
    Node first;
  };

  Result<void> Fill(size_t entities_max, const Stop& stop);
  Result<void> LoadLoose();
  Result<bool> LookAtLoose();
  Result<void> LookAtHeir();
  Result<bool> LookAtChange(const Stop& stop);
  Result<bool> ReadChanges(const Stop& stop);
  Result<void> LookAt(const Node& node, const Entity* entity);
  Result<Before> FindBefore(std::span<const Node> now, std::span<const Member> members);
  Result<bool> IdWasGiven(const Member& member);
  Result<bool> WasGiven(const Member& member) const;
  std::vector<Gone> Dissolve(const Before& before, std::span<const Node> now);
  // incremental_give.cc
  Result<bool> StandsForId(std::string_view id, const Node& first);
  Result<void> EndThoseBehind(std::string_view id, const Node& first);
  Result<bool> IsKnown(const Member& member);
  bool IsOtherSource(const Gone& gone, std::span<const Node> now) const;
  void NoteIds(std::span<const Node> nodes);
  Result<void> GiveNow(std::string_view id, const Node& first, std::span<const Member> now);
  Result<void> GiveOther(const Gone& gone, std::span<const Member> now);
  Result<void> GiveFirst(std::string_view id, std::span<const Member> now);
  void Give(Entity entity, const SourceEntity& source);
  bool IsAhead(const Member& member) const;
  void NoteDone(std::span<const Member> members);
  void Settle();

  std::shared_ptr<const MergeSetup> setup_;
  std::shared_ptr<const storage::Snapshot> snapshot_;
  const bool stores_;
  const bool wants_sources_;
  std::optional<size_t> left_;
  OpenedDatasets opened_;
  std::vector<size_t> places_;         // In the configured list, of each opened dataset.
  std::vector<storage::Offset> next_;  // By place: the first offset that was not looked at.
  std::vector<storage::DatasetNumber> numbers_;  // By place.
  std::optional<Groups> groups_;
  std::deque<Node> loose_;
  std::deque<Node> heirs_;  // To be looked at before anything is stored.
  std::vector<uint64_t> longest_composite_;
  bool more_loose_ = false;  // There may be others in the store.
  // By place: offsets ahead that belong to groups that are done with.
  std::vector<std::unordered_set<storage::Offset>> done_;
  size_t done_count_ = 0;

  size_t current_ = 0;  // Of the opened datasets.
  std::optional<DatasetReader> reader_;
  Batch changes_;
  size_t change_ = 0;

  // What was made and not given yet.
  std::shared_ptr<Arena> arena_;
  std::vector<std::shared_ptr<const void>> keep_;
  std::optional<Matcher> matcher_;
  std::vector<Entity> made_;
  std::vector<SourceEntity> made_of_;  // Of each.
  size_t given_ = 0;
  std::string since_;  // Of what was given.
  bool ended_ = false;
  uint64_t shared_ids_ = 0;
};

}  // namespace sluice::pipe::merge
