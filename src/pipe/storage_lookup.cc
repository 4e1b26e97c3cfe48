#include "pipe/storage_lookup.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipe/tracking/inverse_plan.h"
#include "pipe/tracking/recorded_keys.h"
#include "value/json.h"
#include "value/relations.h"

namespace sluice::pipe {
namespace {

constexpr size_t kScanEntities = 1000;

bool HasKey(const dtl::IndexedKey& key, const Entity& entity, const Value& wanted, Arena& arena) {
  for (const Value& value : key.Keys(entity, arena)) {
    if (Equal(value, wanted)) return true;
  }
  return false;
}

// Keys longer than this are shortened by an index, so what it finds is compared again.
constexpr size_t kWholeKeyBytes = 32;

}  // namespace

StorageLookup::StorageLookup(std::shared_ptr<const storage::Snapshot> snapshot,
                             const Indexes& indexes, std::string source_dataset,
                             std::shared_ptr<LookupCache> cache)
    : snapshot_(std::move(snapshot)),
      indexes_(indexes),
      source_dataset_(std::move(source_dataset)),
      cache_(cache ? std::move(cache) : std::make_shared<LookupCache>()) {
  cache_->Trim();
}

Result<StorageLookup::Dataset*> StorageLookup::Open(std::string_view dataset) {
  return cache_->Open(*snapshot_, dataset);
}

Result<void> StorageLookup::Load(Dataset& dataset, std::span<const std::string_view> ids) {
  std::vector<std::string_view> missing;
  for (const std::string_view id : ids) {
    if (!dataset.entities.contains(id)) missing.push_back(id);
  }
  if (missing.empty()) return {};
  std::ranges::sort(missing);
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  Arena& arena = *cache_->arena();
  SLUICE_TRY(const auto got, snapshot_->Get(*dataset.number, missing, arena));
  for (size_t i = 0; i < missing.size(); ++i) {
    const Entity* const live = got[i] && !got[i]->deleted ? got[i] : nullptr;
    dataset.entities[live ? live->id() : arena.Copy(missing[i])] = live;
  }
  return {};
}

Result<StorageLookup::Found> StorageLookup::Find(const dtl::IndexedKey& key,
                                                 std::span<const Value> keys, Arena& arena) {
  if (records_) Record(key, keys);
  SLUICE_TRY(Dataset* const dataset, Open(key.dataset()));
  if (!dataset->number) return Found(keys.size());
  if (key.IsId()) return FindById(*dataset, keys, arena);
  SLUICE_TRY(auto found, FindByIndex(*dataset, key, keys, arena));
  if (!found) {
    SLUICE_TRY(found, FindByScan(key, keys, arena));
  }
  return std::move(*found);
}

void StorageLookup::Record(const dtl::IndexedKey& key, std::span<const Value> keys) {
  const auto [found, is_new] = lookup_numbers_.try_emplace(&key);
  if (is_new) found->second = LookupNumber(key);
  for (const Value& value : keys) {
    records_->push_back({.source = record_source_, .key = RecordedKey(found->second, value)});
  }
}

// Ids are strings: other keys find nothing.
Result<StorageLookup::Found> StorageLookup::FindById(Dataset& dataset, std::span<const Value> keys,
                                                     Arena& arena) {
  std::vector<std::string_view> ids;
  for (const Value& key : keys) {
    if (key.IsString()) ids.push_back(key.text());
  }
  SLUICE_TRY(Load(dataset, ids));
  Found found(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!keys[i].IsString()) continue;
    const auto entity = dataset.entities.find(keys[i].text());
    if (entity->second) {
      found[i] = arena.CopyArray(std::span<const Entity* const>(&entity->second, 1));
    }
  }
  return found;
}

Result<std::optional<StorageLookup::Found>> StorageLookup::FindByIndex(Dataset& dataset,
                                                                       const dtl::IndexedKey& key,
                                                                       std::span<const Value> keys,
                                                                       Arena&) {
  const auto index = indexes_.Find(*dataset.number, key.expression());
  if (!index) return std::optional<Found>();
  const std::string prefix = fmt::format("{}:", cache_->NumberOf(key));
  std::vector<std::string> marks(keys.size(), prefix);
  std::vector<size_t> missing;
  std::vector<std::string_view> wanted;
  for (size_t i = 0; i < keys.size(); ++i) {
    AppendEqualityKey(keys[i], marks[i]);
    if (dataset.found.contains(marks[i])) continue;
    missing.push_back(i);
    wanted.push_back(std::string_view(marks[i]).substr(prefix.size()));
  }
  if (!missing.empty()) {
    Arena& arena = *cache_->arena();
    const auto ids = snapshot_->FindIds(*index, wanted, arena);
    if (!ids.ok()) {
      // Not filled yet, or of an incarnation that is gone: the dataset itself has the answer.
      const Code code = ids.error().code;
      if (code == Code::kUnavailable || code == Code::kNotFound) return std::optional<Found>();
      return ids.error();
    }
    std::vector<std::string_view> all;
    for (const auto& list : *ids) all.insert(all.end(), list.begin(), list.end());
    SLUICE_TRY(Load(dataset, all));
    for (size_t i = 0; i < missing.size(); ++i) {
      std::vector<const Entity*> entities;
      for (const std::string_view id : (*ids)[i]) {
        const Entity* const entity = dataset.entities.find(id)->second;
        if (!entity) continue;
        if (wanted[i].size() > kWholeKeyBytes && !HasKey(key, *entity, keys[missing[i]], arena)) {
          continue;
        }
        entities.push_back(entity);
      }
      dataset.found[marks[missing[i]]] = arena.CopyArray(std::span<const Entity* const>(entities));
    }
  }
  Found found;
  for (const std::string& mark : marks) found.push_back(dataset.found.find(mark)->second);
  return std::optional<Found>(std::move(found));
}

Result<StorageLookup::Found> StorageLookup::FindByScan(const dtl::IndexedKey& key,
                                                       std::span<const Value> keys, Arena& arena) {
  std::vector<std::vector<const Entity*>> lists(keys.size());
  SLUICE_TRY(Scan(key.dataset(), arena, [&](const Entity& entity) -> Result<bool> {
    for (size_t i = 0; i < keys.size(); ++i) {
      if (HasKey(key, entity, keys[i], arena)) lists[i].push_back(&entity);
    }
    return true;
  }));
  Found found;
  for (const auto& list : lists) {
    found.push_back(arena.CopyArray(std::span<const Entity* const>(list)));
  }
  return found;
}

Result<std::vector<const Entity*>> StorageLookup::Prefetch(const dtl::IndexedKey& from,
                                                           const dtl::IndexedKey& key,
                                                           std::span<const Entity* const> entities,
                                                           Arena& arena) {
  JoinCounts& counts = counts_[&key];
  std::vector<Value> keys;
  for (const Entity* const entity : entities) {
    const auto own = from.Keys(*entity, arena);
    if (own.empty()) ++counts.without;
    keys.insert(keys.end(), own.begin(), own.end());
  }
  std::vector<const Entity*> all;
  if (keys.empty()) return all;
  SLUICE_TRY(const Found found, Find(key, keys, arena));
  counts.keys += keys.size();
  for (size_t i = 0; i < keys.size(); ++i) {
    counts.found += found[i].size();
    if (keys[i].IsString() && keys[i].text().empty()) ++counts.blank;
    if (found[i].size() > counts.most) {
      counts.most = found[i].size();
      counts.most_key = ToJson(keys[i]);
    }
    all.insert(all.end(), found[i].begin(), found[i].end());
  }
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

Result<const Entity*> StorageLookup::Get(std::string_view dataset, std::string_view id, Arena&) {
  SLUICE_TRY(Dataset* const opened, Open(dataset));
  if (!opened->number) return nullptr;
  const std::string_view ids[] = {id};
  SLUICE_TRY(Load(*opened, ids));
  return opened->entities.find(id)->second;
}

Result<void> StorageLookup::Scan(std::string_view dataset, Arena& arena,
                                 const std::function<Result<bool>(const Entity&)>& visit) {
  SLUICE_TRY(Dataset* const opened, Open(dataset));
  if (!opened->number) return {};
  SLUICE_TRY(auto reader, snapshot_->ReadById(*opened->number, {}, /*deleted=*/false));
  while (true) {
    std::vector<Entity> entities;
    SLUICE_TRY(reader->Next(kScanEntities, arena, entities));
    if (entities.empty()) return {};
    const auto kept = arena.CopyArray(std::span<const Entity>(entities));
    for (const Entity& entity : kept) {
      SLUICE_TRY(const bool go_on, visit(entity));
      if (!go_on) return {};
    }
  }
}

Result<const Entity*> StorageLookup::Previous(const Entity& entity, Arena& arena) {
  if (source_dataset_.empty()) return nullptr;
  const auto updated = entity.updated.AsInteger();
  if (!updated || *updated < 0) return nullptr;
  SLUICE_TRY(Dataset* const opened, Open(source_dataset_));
  if (!opened->number) return nullptr;
  return snapshot_->GetBefore(*opened->number, entity.id(), static_cast<storage::Offset>(*updated),
                              arena);
}

}  // namespace sluice::pipe
