// The entities that DTL asks for, from one snapshot of the store.

#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "dtl/lookup.h"
#include "pipe/indexes.h"
#include "storage/store.h"

namespace sluice::pipe {

// For one batch: what it finds lies in the batch's arena, and is found once. Used by one thread.
class StorageLookup final : public dtl::Lookup {
 public:
  // `source_dataset`: where the pipe's own entities come from; empty if from no dataset.
  StorageLookup(std::shared_ptr<const storage::Snapshot> snapshot, const Indexes& indexes,
                std::string source_dataset)
      : snapshot_(std::move(snapshot)),
        indexes_(indexes),
        source_dataset_(std::move(source_dataset)) {}

  Result<std::vector<std::span<const Entity* const>>> Find(const dtl::IndexedKey& key,
                                                           std::span<const Value> keys,
                                                           Arena& arena) override;
  Result<const Entity*> Get(std::string_view dataset, std::string_view id, Arena& arena) override;
  Result<void> Scan(std::string_view dataset, Arena& arena,
                    const std::function<Result<bool>(const Entity&)>& visit) override;
  Result<const Entity*> Previous(const Entity& entity, Arena& arena) override;

 private:
  using Found = std::vector<std::span<const Entity* const>>;
  struct Dataset {
    std::optional<storage::DatasetNumber> number;
    std::unordered_map<std::string, const Entity*> entities;  // Live ones; null: none.
  };

  Result<Dataset*> Open(std::string_view dataset);
  // Live entities in the order of `ids`.
  Result<std::vector<const Entity*>> GetLive(Dataset& dataset,
                                             std::span<const std::string_view> ids, Arena& arena);
  Result<Found> FindById(Dataset& dataset, std::span<const Value> keys, Arena& arena);
  Result<std::optional<Found>> FindByIndex(Dataset& dataset, const dtl::IndexedKey& key,
                                           std::span<const Value> keys, Arena& arena);
  Result<Found> FindByScan(const dtl::IndexedKey& key, std::span<const Value> keys, Arena& arena);

  std::shared_ptr<const storage::Snapshot> snapshot_;
  const Indexes& indexes_;
  std::string source_dataset_;
  std::unordered_map<std::string, Dataset> datasets_;
};

}  // namespace sluice::pipe
