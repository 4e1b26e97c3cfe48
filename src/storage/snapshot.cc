#include "storage/snapshot.h"

#include <algorithm>

#include "storage/bitmap.h"
#include "storage/dataset.h"
#include "storage/keys.h"
#include "storage/reading.h"

namespace sluice::storage {

Result<std::optional<DatasetDefinition>> ReadDefinition(const ReadView& view,
                                                        DatasetNumber dataset) {
  SLUICE_TRY(const auto value, view.Get(Family::kMeta, DatasetKey(dataset)));
  if (!value) return std::optional<DatasetDefinition>();
  SLUICE_TRY(auto definition, ParseDatasetDefinition(*value));
  return std::optional(std::move(definition));
}

Result<Counters> ReadCounters(const ReadView& view, DatasetNumber dataset) {
  SLUICE_TRY(const auto value, view.Get(Family::kState, CountersKey(dataset)));
  if (!value) return MakeError(Code::kCorrupt, "dataset {} has no counters", dataset);
  return ParseCounters(*value);
}

namespace {

class EngineBackedSnapshot final : public Snapshot {
 public:
  explicit EngineBackedSnapshot(std::shared_ptr<const EngineSnapshot> view)
      : view_(std::move(view)) {}

  CommitSequence sequence() const override { return view_->sequence(); }

  Result<std::optional<DatasetInfo>> FindDataset(std::string_view name) const override {
    SLUICE_TRY(const auto value, view_->Get(Family::kMeta, NameKey(name)));
    if (!value) return std::optional<DatasetInfo>();
    SLUICE_TRY(const auto number, ParseNumber(*value));
    return FindDataset(static_cast<DatasetNumber>(number));
  }

  Result<std::optional<DatasetInfo>> FindDataset(DatasetNumber number) const override {
    SLUICE_TRY(const auto definition, ReadDefinition(*view_, number));
    if (!definition) return std::optional<DatasetInfo>();
    SLUICE_TRY(const auto counters, ReadCounters(*view_, number));
    return std::optional(Dataset::InfoOf(*definition, counters));
  }

  Result<std::unique_ptr<LogReader>> ReadLog(DatasetNumber dataset,
                                             const ReadOptions& options) const override {
    SLUICE_TRY(const auto info, Existing(dataset));
    return MakeLogReader(view_, dataset, options, info.next_offset);
  }

  Result<std::unique_ptr<LogReader>> ReadById(DatasetNumber dataset, std::string_view after_id,
                                              bool deleted) const override {
    SLUICE_TRY(Existing(dataset));
    return MakeIdReader(view_, dataset, after_id, deleted);
  }

  Result<std::vector<std::optional<Head>>> Heads(
      DatasetNumber dataset, std::span<const std::string_view> ids) const override {
    SLUICE_TRY(const auto latest, ReadLatest(*view_, dataset, ids));
    std::vector<std::optional<Head>> heads(ids.size());
    for (size_t i = 0; i < ids.size(); ++i) {
      if (latest[i]) heads[i] = {latest[i]->offset, latest[i]->hash, latest[i]->deleted};
    }
    return heads;
  }

  Result<std::vector<const Entity*>> Get(DatasetNumber dataset,
                                         std::span<const std::string_view> ids,
                                         Arena& arena) const override {
    SLUICE_TRY(const auto latest, ReadLatest(*view_, dataset, ids));
    std::vector<Offset> offsets;
    for (const auto& one : latest) {
      if (one) offsets.push_back(one->offset);
    }
    SLUICE_TRY(const auto read, ReadVersions(*view_, dataset, offsets, arena));
    const auto entities = arena.CopyArray(std::span<const Entity>(read));
    std::vector<const Entity*> found(ids.size(), nullptr);
    size_t used = 0;
    for (size_t i = 0; i < ids.size(); ++i) {
      if (latest[i]) found[i] = &entities[used++];
    }
    return found;
  }

  Result<std::vector<const Entity*>> History(DatasetNumber dataset, std::string_view id,
                                             size_t versions_max, Arena& arena) const override {
    std::vector<const Entity*> versions;
    SLUICE_TRY(auto offset, LatestOffset(dataset, id));
    while (offset && versions.size() < versions_max) {
      SLUICE_TRY(const auto* entity, ReadKept(dataset, *offset, arena));
      if (entity == nullptr) break;
      versions.push_back(entity);
      offset = PreviousOf(*entity);
    }
    return versions;
  }

  Result<const Entity*> GetBefore(DatasetNumber dataset, std::string_view id, Offset before,
                                  Arena& arena) const override {
    SLUICE_TRY(auto offset, LatestOffset(dataset, id));
    while (offset) {
      SLUICE_TRY(const auto* entity, ReadKept(dataset, *offset, arena));
      if (entity == nullptr || *offset < before) return entity;
      offset = PreviousOf(*entity);
    }
    return nullptr;
  }

  Result<std::vector<std::vector<std::string_view>>> FindIds(uint32_t index,
                                                             std::span<const std::string_view> keys,
                                                             size_t ids_max,
                                                             Arena& arena) const override {
    SLUICE_TRY(RequireReady(index));
    const auto range = NumberRange(index);
    const auto cursor = view_->NewCursor(Family::kIndex, range.begin, range.end, Access::kPoint);
    std::vector<std::vector<std::string_view>> all(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto prefix = IndexKey(index, keys[i], {});
      bool any_long = false;
      for (cursor->Seek(prefix); cursor->Valid() && cursor->key().starts_with(prefix);
           cursor->Next()) {
        if (all[i].size() > ids_max) break;
        // An entry whose key holds a shortened id has the full one as its value.
        const auto full = cursor->value();
        any_long = any_long || !full.empty();
        all[i].push_back(arena.Copy(full.empty() ? cursor->key().substr(prefix.size()) : full));
      }
      SLUICE_TRY(cursor->status());
      if (any_long) std::sort(all[i].begin(), all[i].end());
    }
    return all;
  }

  Result<void> VisitIds(uint32_t index, std::string_view key, std::string_view after,
                        const std::function<bool(std::string_view id)>& visit) const override {
    SLUICE_TRY(RequireReady(index));
    const auto prefix = IndexKey(index, key, {});
    const auto range = PrefixRange(prefix);
    const auto cursor = view_->NewCursor(Family::kIndex, range.begin, range.end, Access::kPoint);
    const auto begin = after.empty() ? prefix : IndexKey(index, key, after);
    for (cursor->Seek(begin); cursor->Valid(); cursor->Next()) {
      if (!after.empty() && cursor->key() == begin) continue;
      const auto full = cursor->value();
      if (!visit(full.empty() ? cursor->key().substr(prefix.size()) : full)) return {};
    }
    return cursor->status();
  }

  Result<uint64_t> CountIds(uint32_t index, std::string_view key,
                            uint64_t count_max) const override {
    SLUICE_TRY(RequireReady(index));
    const auto range = PrefixRange(IndexKey(index, key, {}));
    const auto cursor = view_->NewCursor(Family::kIndex, range.begin, range.end, Access::kPoint);
    uint64_t count = 0;
    for (cursor->Seek(range.begin); cursor->Valid() && count < count_max; cursor->Next()) ++count;
    SLUICE_TRY(cursor->status());
    return count;
  }

  Result<Offset> SelectLive(DatasetNumber dataset, Offset from, uint64_t skip) const override {
    SLUICE_TRY(const auto info, Existing(dataset));
    SLUICE_TRY(const auto offset, SelectLiveFrom(*view_, dataset, from, skip));
    return offset.value_or(std::max(from, info.next_offset));
  }

  Result<uint64_t> CountLive(DatasetNumber dataset, Offset from) const override {
    SLUICE_TRY(const auto info, Existing(dataset));
    if (from == 0) return info.live;
    return CountLiveFrom(*view_, dataset, from);
  }

  Result<std::optional<std::string>> GetState(std::string_view key) const override {
    return view_->Get(Family::kState, UserKey(key));
  }

  Result<void> ScanState(
      std::string_view prefix,
      const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    const auto range = PrefixRange(UserKey(prefix));
    const auto cursor = view_->NewCursor(Family::kState, range.begin, range.end, Access::kPoint);
    for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
      if (!visit(cursor->key().substr(1), cursor->value())) return {};
    }
    return cursor->status();
  }

 private:
  Result<DatasetInfo> Existing(DatasetNumber dataset) const {
    SLUICE_TRY(auto info, FindDataset(dataset));
    if (!info) return MakeError(Code::kNotFound, "there is no dataset with the number {}", dataset);
    return *std::move(info);
  }

  Result<std::optional<Offset>> LatestOffset(DatasetNumber dataset, std::string_view id) const {
    SLUICE_TRY(const auto latest, ReadLatest(*view_, dataset, {&id, 1}));
    return latest[0] ? std::optional(latest[0]->offset) : std::nullopt;
  }

  // Null where compaction has removed the version.
  Result<const Entity*> ReadKept(DatasetNumber dataset, Offset offset, Arena& arena) const {
    SLUICE_TRY(const auto entity, ReadVersion(*view_, dataset, offset, arena));
    return entity ? arena.New<Entity>(*entity) : nullptr;
  }

  static std::optional<Offset> PreviousOf(const Entity& entity) {
    const auto previous = entity.previous.AsInteger();
    return previous ? std::optional(static_cast<Offset>(*previous)) : std::nullopt;
  }

  Result<void> RequireReady(uint32_t index) const {
    SLUICE_TRY(const auto value, view_->Get(Family::kState, IndexProgressKey(index)));
    if (!value) return MakeError(Code::kNotFound, "there is no index with the number {}", index);
    SLUICE_TRY(const auto progress, ParseIndexProgress(*value));
    if (progress.ready()) return {};
    return MakeError(Code::kUnavailable, "index {} is being built: {} of {} offsets are read",
                     index, progress.next, progress.end);
  }

  const std::shared_ptr<const EngineSnapshot> view_;
};

}  // namespace

std::shared_ptr<const Snapshot> MakeSnapshot(std::shared_ptr<const EngineSnapshot> view) {
  return std::make_shared<EngineBackedSnapshot>(std::move(view));
}

}  // namespace sluice::storage
