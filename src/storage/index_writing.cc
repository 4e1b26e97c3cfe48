// What a commit changes in the dataset's indexes.

#include <algorithm>
#include <iterator>

#include "base/arena.h"
#include "storage/commit_builder.h"
#include "storage/keys.h"
#include "storage/reading.h"
#include "value/record.h"

namespace sluice::storage {
namespace {

// An entry to put or, without `id`, to remove.
struct EntryChange {
  std::string key;
  std::optional<std::string_view> id;
};

Entity NewEntity(const Append& append, Offset offset) {
  Entity entity;
  entity.dict = Decode(append.record);
  entity.updated = Value::Integer(static_cast<int64_t>(offset));
  entity.hash = append.hash;
  entity.stored = true;
  return entity;
}

}  // namespace

std::vector<std::string> ExtractKeys(const KeyExtractor& extractor, const Entity& entity) {
  std::vector<std::string> keys;
  extractor.Extract(entity, [&](std::string_view key) { keys.emplace_back(key); });
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

Result<void> CommitBuilder::WriteIndexes(Slots& slots, std::span<const storage::Append> appends) {
  if (dataset_.indexes.empty()) return {};
  Arena arena;
  std::vector<Offset> old_offsets;
  for (const auto& slot : slots.all()) {
    if (slot.appended && slot.before && !slot.before->deleted)
      old_offsets.push_back(slot.before->offset);
  }
  SLUICE_TRY(const auto old_entities, ReadVersions(engine_, number_, old_offsets, arena));
  for (size_t i = 0; i < dataset_.indexes.size(); ++i) {
    const auto& index = dataset_.indexes[i];
    auto& progress = progress_[i];
    std::vector<EntryChange> changes;
    size_t next_old = 0;
    for (const auto& slot : slots.all()) {
      if (!slot.appended) continue;
      const auto& append = appends[slot.last_append];
      std::vector<std::string> old_keys, new_keys, gone, fresh;
      const bool was_live = slot.before && !slot.before->deleted;
      if (was_live) old_keys = ExtractKeys(*index.extractor, old_entities[next_old++]);
      if (!append.deleted)
        new_keys = ExtractKeys(*index.extractor, NewEntity(append, slot.now->offset));
      // An old version that the back-fill has not reached never will be: its keys are not counted
      // yet, and all keys of the new version are new.
      const bool counted =
          was_live && (slot.before->offset < progress.next || slot.before->offset >= progress.end);
      std::set_difference(old_keys.begin(), old_keys.end(), new_keys.begin(), new_keys.end(),
                          std::back_inserter(gone));
      if (counted) {
        std::set_difference(new_keys.begin(), new_keys.end(), old_keys.begin(), old_keys.end(),
                            std::back_inserter(fresh));
      } else {
        fresh = new_keys;
      }
      for (const auto& key : gone)
        changes.push_back({IndexKey(index.number, key, append.id), std::nullopt});
      for (const auto& key : fresh)
        changes.push_back({IndexKey(index.number, key, append.id), append.id});
      progress.entries += fresh.size();
      if (counted) progress.entries -= gone.size();
    }
    // In the order of their keys they are cheaper to insert.
    std::sort(changes.begin(), changes.end(),
              [](const auto& a, const auto& b) { return a.key < b.key; });
    for (const auto& change : changes) {
      if (!change.id) {
        set_->Delete(Family::kIndex, change.key);
      } else {
        set_->Put(Family::kIndex, change.key,
                  IsLongId(*change.id) ? *change.id : std::string_view());
      }
    }
    set_->Put(Family::kState, IndexProgressKey(index.number), EncodeIndexProgress(progress));
  }
  return {};
}

}  // namespace sluice::storage
