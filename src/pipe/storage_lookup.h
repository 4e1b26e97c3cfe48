// The entities that DTL asks for, from one snapshot of the store.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dtl/lookup.h"
#include "pipe/component.h"
#include "pipe/indexes.h"
#include "pipe/lookup_cache.h"
#include "storage/store.h"

namespace sluice::pipe {

using JoinCountsByKey = std::map<const dtl::IndexedKey*, JoinCounts>;

// What a lookup may find before it warns, or fails; 0: any number.
struct LookupThresholds {
  uint64_t warning_entities = 0;
  uint64_t warning_bytes = 0;
  uint64_t error_entities = 0;
  uint64_t error_bytes = 0;
};

// For one batch: what it finds is found once, and lies in the cache's arena. Used by one thread.
class StorageLookup final : public dtl::Lookup {
 public:
  // `source_dataset`: where the pipe's own entities come from; empty if from no dataset. Without a
  // cache it has its own.
  StorageLookup(std::shared_ptr<const storage::Snapshot> snapshot, const Indexes& indexes,
                std::string source_dataset, std::shared_ptr<LookupCache> cache = nullptr);

  // Notes each key that is looked up from now on, for this source entity; null: notes none.
  void RecordInto(std::vector<LookedUp>* records, uint32_t source) {
    records_ = records;
    record_source_ = source;
  }
  // What views entities that were found must keep.
  const std::shared_ptr<Arena>& arena() const { return cache_->arena(); }
  // Looks up the keys of all of a batch's entities at once, so that joins find them in the cache.
  // Gives what each entity found, in any order, and counts it.
  Result<std::vector<const Entity*>> Prefetch(const dtl::IndexedKey& from,
                                              const dtl::IndexedKey& key,
                                              std::span<const Entity* const> entities,
                                              Arena& arena);
  const JoinCountsByKey& counts() const { return counts_; }
  // A key with more entities than this finds none of them, and is marked in over(): they are not
  // read. Only for keys that have an index.
  void LimitKeys(size_t entities_max) { key_entities_max_ = entities_max; }
  // Of the last Find.
  const std::vector<bool>& over() const { return over_; }
  // enable_hops_thresholds: how many entities, and bytes, one lookup of a hop may find.
  void SetThresholds(const LookupThresholds& thresholds) { thresholds_ = thresholds; }
  std::optional<std::string> TakeWarning() { return std::exchange(warning_, std::nullopt); }

  Result<std::vector<std::span<const Entity* const>>> Find(const dtl::IndexedKey& key,
                                                           std::span<const Value> keys,
                                                           Arena& arena) override;
  Result<const Entity*> Get(std::string_view dataset, std::string_view id, Arena& arena) override;
  Result<void> Scan(std::string_view dataset, Arena& arena,
                    const std::function<Result<bool>(const Entity&)>& visit) override;
  Result<const Entity*> Previous(const Entity& entity, Arena& arena) override;

 private:
  using Found = std::vector<std::span<const Entity* const>>;
  using Dataset = LookupCache::Dataset;

  Result<Found> FindAny(const dtl::IndexedKey& key, std::span<const Value> keys, Arena& arena);
  Result<void> CheckThresholds(const dtl::IndexedKey& key, const Found& found);
  void Record(const dtl::IndexedKey& key, std::span<const Value> keys);
  Result<Dataset*> Open(std::string_view dataset);
  // Sees to it that the entities with these ids are in dataset.entities.
  Result<void> Load(Dataset& dataset, std::span<const std::string_view> ids);
  Result<Found> FindById(Dataset& dataset, std::span<const Value> keys);
  Result<std::optional<Found>> FindByIndex(Dataset& dataset, const dtl::IndexedKey& key,
                                           std::span<const Value> keys, Arena& arena);
  Result<Found> FindByScan(const dtl::IndexedKey& key, std::span<const Value> keys, Arena& arena);

  std::shared_ptr<const storage::Snapshot> snapshot_;
  const Indexes& indexes_;
  std::string source_dataset_;
  std::shared_ptr<LookupCache> cache_;
  std::vector<LookedUp>* records_ = nullptr;
  uint32_t record_source_ = 0;
  std::unordered_map<const dtl::IndexedKey*, uint64_t> lookup_numbers_;
  JoinCountsByKey counts_;
  size_t key_entities_max_ = SIZE_MAX;
  std::vector<bool> over_;
  std::optional<LookupThresholds> thresholds_;
  std::optional<std::string> warning_;
  bool prefetching_ = false;
};

}  // namespace sluice::pipe
