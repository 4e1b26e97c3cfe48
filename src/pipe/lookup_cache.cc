#include "pipe/lookup_cache.h"

#include "base/limits.h"

namespace sluice::pipe {

void JoinCounts::Add(const JoinCounts& other) {
  keys += other.keys;
  found += other.found;
  without += other.without;
  blank += other.blank;
  if (other.most > most) {
    most = other.most;
    most_key = other.most_key;
  }
}

Result<LookupCache::Dataset*> LookupCache::Open(const storage::Snapshot& snapshot,
                                                std::string_view name) {
  Dataset& dataset = datasets_[std::string(name)];
  // Sequences begin at 1.
  const storage::CommitSequence sequence = snapshot.sequence();
  if (dataset.checked == sequence && sequence != 0) return &dataset;
  SLUICE_TRY(const auto info, snapshot.FindDataset(name));
  const auto number = info ? std::optional(info->number) : std::nullopt;
  const storage::Offset next_offset = info ? info->next_offset : 0;
  if (number != dataset.number || next_offset != dataset.next_offset) {
    dataset.entities.clear();
    dataset.found.clear();
  }
  dataset.number = number;
  dataset.next_offset = next_offset;
  dataset.checked = sequence;
  return &dataset;
}

size_t LookupCache::NumberOf(const dtl::IndexedKey& key) {
  return numbers_.try_emplace(&key, numbers_.size()).first->second;
}

void LookupCache::Trim() {
  if (arena_->bytes() <= limits::kLookupCacheBytes) return;
  arena_ = std::make_shared<Arena>();
  datasets_.clear();
}

}  // namespace sluice::pipe
