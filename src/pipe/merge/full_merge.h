// FullMerge: everything that a merge source has, and the beginning of a new generation of groups.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipe/component.h"
#include "pipe/merge/connect_job.h"
#include "pipe/merge/groups.h"
#include "pipe/merge/payload_sorter.h"

namespace sluice::pipe::merge {

// Reads the datasets twice from one snapshot: first what their entities have in common, then the
// entities. Those that are alone are given as they come; the others are sorted by their groups.
class FullMerge final : public SourceReader {
 public:
  FullMerge(std::shared_ptr<const MergeSetup> setup, std::shared_ptr<KeptJob> kept,
            const OpenRequest& request);
  ~FullMerge() override;

  Result<void> Begin();
  Result<Batch> Next(size_t entities_max, const Stop& stop) override;
  // Nothing until all is given: a full run that was stopped begins anew.
  Value since() const override;
  bool complete() const override { return phase_ == Phase::kEnded && !opened_.incomplete; }
  std::vector<storage::StateChange> TakeState() override;
  std::vector<std::string> warnings() const override;

 private:
  enum class Phase { kConnect, kAlone, kGroups, kSharedIds, kEnded };

  Result<bool> Connect(const Stop& stop);
  Result<void> GiveAlone(size_t entities_max, Batch& batch);
  Result<void> GiveGroups(size_t entities_max, Batch& batch);
  Result<void> GiveGroup(std::vector<Member>& members, bool has_shared_id, Matcher& matcher,
                         Batch& batch);
  Result<void> GiveSharedIds(size_t entities_max, Batch& batch);
  Result<bool> IsSharedId(uint64_t place);
  Result<bool> KeepForGroup(uint64_t place, const Entity& entity, bool has_shared_id);
  Result<void> AddSharedId(std::string_view id);
  void NoteSource(const SourceEntity& source, Batch& batch) const;
  void NoteId(std::string_view id);
  Result<bool> StandsForId(std::span<const Member> members, Matcher& matcher, Arena& arena);
  Result<void> EndAlone();

  std::shared_ptr<const MergeSetup> setup_;
  std::shared_ptr<KeptJob> kept_;
  std::shared_ptr<const storage::Snapshot> snapshot_;
  const bool stores_;
  const bool wants_sources_;
  std::optional<size_t> left_;
  OpenedDatasets opened_;
  std::vector<Input> inputs_;
  uint64_t entities_ = 0;  // In all inputs.
  GroupsHead head_;
  std::optional<Groups> groups_;
  std::string since_;
  Phase phase_ = Phase::kConnect;
  std::unique_ptr<ConnectJob> job_;
  KeyCounts key_counts_;
  uint64_t shared_count_ = 0;
  std::vector<uint64_t> longest_composite_;  // As Groups::FindLongestComposite.

  // kAlone
  size_t input_ = 0;
  std::unique_ptr<storage::LogReader> log_;
  Belonging belonging_;
  bool has_belonging_ = false;
  uint64_t shared_place_ = 0;
  bool has_shared_place_ = false;
  std::string payload_;  // Of the entity that is being kept.
  // kGroups
  PayloadSorter members_;
  PayloadSorter::Item item_;  // The first of the next group.
  bool has_item_ = false;
  // kSharedIds
  PayloadSorter shared_ids_;
  std::string last_shared_id_;
};

}  // namespace sluice::pipe::merge
