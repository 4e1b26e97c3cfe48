#include "tests/simulation/mistakes.h"

#include <algorithm>

#include "storage/keys.h"
#include "storage/snapshot.h"

namespace sluice::storage::testing {
namespace {

bool IsIndexDeletion(const RecordedSet::Change& change) {
  return change.family == Family::kIndex && change.kind == RecordedSet::Kind::kDelete;
}

bool IsPipeState(const RecordedSet::Change& change) {
  return change.family == Family::kState && change.key.starts_with(UserKey("pipe/"));
}

bool IsData(const RecordedSet::Change& change) { return change.family == Family::kLog; }

}  // namespace

Result<void> MistakenEngine::Apply(std::unique_ptr<WriteSet> set) {
  auto& changes = static_cast<RecordedSet&>(*set).changes();
  if (mistake_ == Mistake::kIndexKeyNotRemoved) std::erase_if(changes, IsIndexDeletion);
  const std::span<RecordedSet::Change> all(changes);
  auto first = all.end();
  if (mistake_ == Mistake::kCommitSplit)
    first = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  if (mistake_ == Mistake::kStateBeforeData && std::ranges::any_of(all, IsData))
    first = std::ranges::stable_partition(all, IsPipeState).begin();
  if (first == all.begin() || first == all.end()) return ApplyChanges(all, inner());
  SLUICE_TRY(ApplyChanges({all.begin(), first}, inner()));
  return ApplyChanges({first, all.end()}, inner());
}

Result<void> MistakenEngine::Sync() {
  if (mistake_ == Mistake::kAcknowledgedBeforeSync) return {};
  return inner().Sync();
}

Result<void> MistakenEngine::LowerNextOffsets() {
  auto set = inner().NewWriteSet();
  const auto range = PrefixRange("d");
  const auto cursor = NewCursor(Family::kMeta, range.begin, range.end, Access::kScan);
  for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
    SLUICE_TRY(const auto definition, ParseDatasetDefinition(cursor->value()));
    SLUICE_TRY(auto counters, ReadCounters(*this, definition.number));
    if (counters.next_offset > 0) --counters.next_offset;
    set->Put(Family::kState, CountersKey(definition.number), EncodeCounters(counters));
  }
  return inner().Apply(std::move(set));
}

}  // namespace sluice::storage::testing
