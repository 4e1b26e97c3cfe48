#include "dtl/memory_lookup.h"

#include <set>

#include "value/record.h"
#include "value/relations.h"

namespace sluice::dtl {

// The entities with each key, ascending by id.
struct MemoryLookup::Index {
  struct Entry {
    Value key;
    std::vector<const Entity*> entities;
  };
  std::unordered_map<uint64_t, std::vector<Entry>> entries;

  std::span<const Entity* const> Find(const Value& key) const {
    const auto found = entries.find(EqualityHash(key));
    if (found == entries.end()) return {};
    for (const Entry& entry : found->second) {
      if (Equal(entry.key, key)) return entry.entities;
    }
    return {};
  }

  void Add(const Value& key, const Entity* entity) {
    auto& bucket = entries[EqualityHash(key)];
    for (Entry& entry : bucket) {
      if (!Equal(entry.key, key)) continue;
      // A key twice in one entity is one key.
      if (entry.entities.back() != entity) entry.entities.push_back(entity);
      return;
    }
    bucket.push_back({.key = key, .entities = {entity}});
  }
};

struct MemoryLookup::Dataset {
  std::map<std::string, const Entity*, std::less<>> latest;
  std::map<int64_t, const Entity*> versions;  // By `_updated`.
  std::map<std::string, std::unique_ptr<Index>> indexes;
};

MemoryLookup::MemoryLookup() = default;
MemoryLookup::~MemoryLookup() = default;

void MemoryLookup::AddDataset(std::string_view dataset) {
  if (!Exists(dataset)) datasets_.emplace(dataset, std::make_unique<Dataset>());
}

bool MemoryLookup::Exists(std::string_view dataset) const { return datasets_.contains(dataset); }

Result<void> MemoryLookup::Add(std::string_view dataset, const Value& dict) {
  if (!dict.Find("_id").IsString()) {
    return MakeError(Code::kBadData, "an entity of the dataset \"{}\" has no string _id", dataset);
  }
  AddDataset(dataset);
  Dataset& data = *datasets_.find(dataset)->second;
  auto* entity = new (arena_.AllocateArray<Entity>(1)) Entity();
  entity->dict = CopyInto(dict, arena_);
  entity->updated = Value::Integer(static_cast<int64_t>(data.versions.size()));
  entity->deleted = dict.Find("_deleted").IsTrue();
  entity->stored = true;
  const auto before = data.latest.find(entity->id());
  if (before != data.latest.end()) entity->previous = before->second->updated;
  data.versions.emplace(*entity->updated.AsInteger(), entity);
  data.latest.insert_or_assign(std::string(entity->id()), entity);
  data.indexes.clear();
  return {};
}

MemoryLookup::Index& MemoryLookup::IndexFor(const IndexedKey& key) {
  Dataset& data = *datasets_.find(key.dataset())->second;
  auto& index = data.indexes[key.expression()];
  if (index) return *index;
  index = std::make_unique<Index>();
  for (const auto& [id, entity] : data.latest) {
    if (entity->deleted) continue;
    for (const Value& value : key.Keys(*entity, arena_)) index->Add(value, entity);
  }
  return *index;
}

Result<std::vector<std::span<const Entity* const>>> MemoryLookup::Find(const IndexedKey& key,
                                                                       std::span<const Value> keys,
                                                                       Arena&) {
  std::vector<std::span<const Entity* const>> found(keys.size());
  if (!Exists(key.dataset())) return found;
  const Index& index = IndexFor(key);
  for (size_t i = 0; i < keys.size(); ++i) found[i] = index.Find(keys[i]);
  return found;
}

Result<const Entity*> MemoryLookup::Get(std::string_view dataset, std::string_view id, Arena&) {
  const auto data = datasets_.find(dataset);
  if (data == datasets_.end()) return nullptr;
  const auto entity = data->second->latest.find(id);
  if (entity == data->second->latest.end() || entity->second->deleted) return nullptr;
  return entity->second;
}

Result<void> MemoryLookup::Scan(std::string_view dataset, Arena&,
                                const std::function<Result<bool>(const Entity&)>& visit) {
  const auto data = datasets_.find(dataset);
  if (data == datasets_.end()) return {};
  for (const auto& [id, entity] : data->second->latest) {
    if (entity->deleted) continue;
    SLUICE_TRY(const bool more, visit(*entity));
    if (!more) break;
  }
  return {};
}

Result<const Entity*> MemoryLookup::Previous(const Entity& entity, Arena&) {
  const auto offset = entity.previous.AsInteger();
  if (!offset) return nullptr;
  for (const auto& [id, data] : datasets_) {
    const auto version = data->versions.find(*offset);
    if (version != data->versions.end() && version->second->id() == entity.id())
      return version->second;
  }
  return nullptr;
}

}  // namespace sluice::dtl
