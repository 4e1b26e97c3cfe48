#include "pipe/storage_lookup.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipe/tracking/inverse_plan.h"
#include "pipe/tracking/recorded_keys.h"
#include "value/json.h"
#include "value/record.h"
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
  if (!thresholds_) return FindAny(key, keys, arena);
  SLUICE_TRY(auto found, FindAny(key, keys, arena));
  SLUICE_TRY(CheckThresholds(key, found));
  return found;
}

Result<StorageLookup::Found> StorageLookup::FindAny(const dtl::IndexedKey& key,
                                                    std::span<const Value> keys, Arena& arena) {
  over_.assign(keys.size(), false);
  SLUICE_TRY(Dataset* const dataset, Open(key.dataset()));
  if (!dataset->number) return Found(keys.size());
  if (key.IsId()) return FindById(*dataset, keys);
  SLUICE_TRY(auto found, FindByIndex(*dataset, key, keys, arena));
  if (!found) {
    SLUICE_TRY(found, FindByScan(key, keys, arena));
  }
  return std::move(*found);
}

// Each key alone while a whole batch is looked up at once.
Result<void> StorageLookup::CheckThresholds(const dtl::IndexedKey& key, const Found& found) {
  uint64_t entities = 0, bytes = 0;
  std::string record;
  for (size_t i = 0; i < found.size(); ++i) {
    if (prefetching_) entities = bytes = 0;
    const bool over = over_[i];
    entities += over ? key_entities_max_ + 1 : found[i].size();
    for (const Entity* entity : found[i]) {
      record.clear();
      Encode(entity->dict, record);
      bytes += record.size();
    }
    const auto text = [&](uint64_t entities_limit, uint64_t bytes_limit) {
      return fmt::format(
          "a hop to \"{}\" by {} finds {}{} entities, {} bytes; the threshold is {} entities, {} "
          "bytes",
          key.dataset(), key.expression(), over ? "more than " : "", entities - (over ? 1 : 0),
          bytes, entities_limit, bytes_limit);
    };
    const LookupThresholds& t = *thresholds_;
    if ((t.error_entities != 0 && entities > t.error_entities) ||
        (t.error_bytes != 0 && bytes > t.error_bytes)) {
      return MakeError(Code::kTooLarge, "{}", text(t.error_entities, t.error_bytes));
    }
    if ((t.warning_entities != 0 && entities > t.warning_entities) ||
        (t.warning_bytes != 0 && bytes > t.warning_bytes)) {
      warning_ = text(t.warning_entities, t.warning_bytes);
    }
  }
  return {};
}

void StorageLookup::Record(const dtl::IndexedKey& key, std::span<const Value> keys) {
  const auto [found, is_new] = lookup_numbers_.try_emplace(&key);
  if (is_new) found->second = LookupNumber(key);
  for (const Value& value : keys) {
    records_->push_back({.source = record_source_, .key = RecordedKey(found->second, value)});
  }
}

// Ids are strings: other keys find nothing.
Result<StorageLookup::Found> StorageLookup::FindById(Dataset& dataset,
                                                     std::span<const Value> keys) {
  Found found(keys.size());
  std::vector<std::string_view> missing;
  // What is known keeps its place as long as the lookup lives.
  const auto fill = [&](size_t i) {
    const auto entity = dataset.entities.find(keys[i].text());
    if (entity == dataset.entities.end()) return false;
    if (entity->second) found[i] = {&entity->second, 1};
    return true;
  };
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].IsString() && !fill(i)) missing.push_back(keys[i].text());
  }
  if (missing.empty()) return found;
  SLUICE_TRY(Load(dataset, missing));
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].IsString() && found[i].empty()) (void)fill(i);
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
    const auto ids = snapshot_->FindIds(*index, wanted, key_entities_max_, arena);
    if (!ids.ok()) {
      // Not filled yet, or of an incarnation that is gone: the dataset itself has the answer.
      const Code code = ids.error().code;
      if (code == Code::kUnavailable || code == Code::kNotFound) return std::optional<Found>();
      return ids.error();
    }
    std::vector<std::string_view> all;
    for (const auto& list : *ids) {
      if (list.size() <= key_entities_max_) all.insert(all.end(), list.begin(), list.end());
    }
    SLUICE_TRY(Load(dataset, all));
    for (size_t i = 0; i < missing.size(); ++i) {
      if ((*ids)[i].size() > key_entities_max_) {
        over_[missing[i]] = true;
        continue;
      }
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
  Found found(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!over_[i]) found[i] = dataset.found.find(marks[i])->second;
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
  prefetching_ = true;
  auto looked_up = Find(key, keys, arena);
  prefetching_ = false;
  SLUICE_TRY(const Found found, std::move(looked_up));
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
