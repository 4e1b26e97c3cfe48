#include "pipe/storage_lookup.h"

#include <algorithm>

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

std::span<const Entity* const> Copy(const std::vector<const Entity*>& found, Arena& arena) {
  return arena.CopyArray(std::span<const Entity* const>(found));
}

}  // namespace

Result<StorageLookup::Dataset*> StorageLookup::Open(std::string_view dataset) {
  const auto [found, is_new] = datasets_.try_emplace(std::string(dataset));
  if (is_new) {
    SLUICE_TRY(const auto info, snapshot_->FindDataset(dataset));
    if (info) found->second.number = info->number;
  }
  return &found->second;
}

Result<std::vector<const Entity*>> StorageLookup::GetLive(Dataset& dataset,
                                                          std::span<const std::string_view> ids,
                                                          Arena& arena) {
  std::vector<std::string_view> missing;
  for (const std::string_view id : ids) {
    if (dataset.entities.try_emplace(std::string(id), nullptr).second) missing.push_back(id);
  }
  if (!missing.empty()) {
    SLUICE_TRY(auto got, snapshot_->Get(*dataset.number, missing, arena));
    for (size_t i = 0; i < missing.size(); ++i) {
      if (got[i] && !got[i]->deleted) dataset.entities[std::string(missing[i])] = got[i];
    }
  }
  std::vector<const Entity*> live;
  for (const std::string_view id : ids) live.push_back(dataset.entities[std::string(id)]);
  return live;
}

Result<StorageLookup::Found> StorageLookup::Find(const dtl::IndexedKey& key,
                                                 std::span<const Value> keys, Arena& arena) {
  SLUICE_TRY(Dataset* const dataset, Open(key.dataset()));
  if (!dataset->number) return Found(keys.size());
  if (key.IsId()) return FindById(*dataset, keys, arena);
  SLUICE_TRY(auto found, FindByIndex(*dataset, key, keys, arena));
  if (found) return std::move(*found);
  return FindByScan(key, keys, arena);
}

// Ids are strings: other keys find nothing.
Result<StorageLookup::Found> StorageLookup::FindById(Dataset& dataset, std::span<const Value> keys,
                                                     Arena& arena) {
  std::vector<std::string_view> ids;
  for (const Value& key : keys) {
    if (key.IsString()) ids.push_back(key.text());
  }
  SLUICE_TRY(const auto entities, GetLive(dataset, ids, arena));
  Found found(keys.size());
  size_t next = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!keys[i].IsString()) continue;
    if (const Entity* entity = entities[next++]) {
      found[i] = arena.CopyArray(std::span<const Entity* const>(&entity, 1));
    }
  }
  return found;
}

Result<std::optional<StorageLookup::Found>> StorageLookup::FindByIndex(Dataset& dataset,
                                                                       const dtl::IndexedKey& key,
                                                                       std::span<const Value> keys,
                                                                       Arena& arena) {
  const auto index = indexes_.Find(*dataset.number, key.expression());
  if (!index) return std::optional<Found>();
  std::vector<std::string> bytes(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) AppendEqualityKey(keys[i], bytes[i]);
  const std::vector<std::string_view> views(bytes.begin(), bytes.end());
  auto ids = snapshot_->FindIds(*index, views, arena);
  if (!ids.ok()) {
    // Not filled yet, or of an incarnation that is gone: the dataset itself has the answer.
    const Code code = ids.error().code;
    if (code == Code::kUnavailable || code == Code::kNotFound) return std::optional<Found>();
    return ids.TakeError();
  }
  Found found;
  for (size_t i = 0; i < keys.size(); ++i) {
    SLUICE_TRY(auto entities, GetLive(dataset, (*ids)[i], arena));
    // Long keys share their shortened form with others.
    std::erase_if(entities, [&](const Entity* entity) {
      return entity == nullptr || !HasKey(key, *entity, keys[i], arena);
    });
    found.push_back(Copy(entities, arena));
  }
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
  for (const auto& list : lists) found.push_back(Copy(list, arena));
  return found;
}

Result<const Entity*> StorageLookup::Get(std::string_view dataset, std::string_view id,
                                         Arena& arena) {
  SLUICE_TRY(Dataset* const opened, Open(dataset));
  if (!opened->number) return nullptr;
  const std::string_view ids[] = {id};
  SLUICE_TRY(auto live, GetLive(*opened, ids, arena));
  return live[0];
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
