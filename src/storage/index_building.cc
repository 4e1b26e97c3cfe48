// Making, filling and dropping indexes.

#include <algorithm>

#include "base/arena.h"
#include "storage/engine_store.h"
#include "storage/index_part.h"
#include "storage/keys.h"
#include "storage/reading.h"

namespace sluice::storage {
namespace {

// Entities of one part of a back-fill: writers of the dataset wait while it is put. A large part
// is a bulk load.
constexpr size_t kSmallPartMax = 2'000;
constexpr size_t kLargePartMax = 50'000;
constexpr size_t kPartBytesMax = 8 * 1024 * 1024;
constexpr size_t kBuildReadMax = 500;

IndexInfo InfoOf(const Index& index, DatasetNumber dataset) {
  return {.number = index.number,
          .definition = index.definition,
          .dataset = dataset,
          .ready = index.progress.ready(),
          .entries = index.progress.entries};
}

}  // namespace

Result<IndexInfo> EngineStore::CreateIndex(DatasetNumber number, const IndexDefinition& definition,
                                           std::shared_ptr<const KeyExtractor> extractor) {
  SLUICE_CHECK(extractor != nullptr);
  const std::lock_guard definitions_lock(definitions_mutex_);
  SLUICE_TRY(const auto dataset, Existing(number));
  const std::lock_guard lock(dataset->writer_mutex);
  auto set = engine_->NewWriteSet();
  std::optional<uint32_t> outdated;
  for (auto& index : dataset->indexes) {
    if (index.definition.expression != definition.expression) continue;
    if (index.definition.meaning_version == definition.meaning_version) {
      index.extractor = std::move(extractor);
      return InfoOf(index, number);
    }
    outdated = index.number;
    RemoveIndex(index.number, *set);
  }
  const StoredIndex stored{.number = TakeNumber(*set), .dataset = number, .definition = definition};
  const IndexProgress progress{.next = 0, .end = dataset->counters.next_offset, .entries = 0};
  set->Put(Family::kMeta, IndexDefinitionKey(stored.number), EncodeIndexDefinition(stored));
  set->Put(Family::kState, IndexProgressKey(stored.number), EncodeIndexProgress(progress));
  SLUICE_TRY(engine_->Apply(std::move(set)));
  if (outdated) RemoveIndexFrom(*dataset, *outdated);
  dataset->indexes.push_back({.number = stored.number,
                              .definition = definition,
                              .progress = progress,
                              .extractor = std::move(extractor)});
  dataset->Publish();
  const std::unique_lock datasets_lock(datasets_mutex_);
  by_index_[stored.number] = dataset;
  return InfoOf(dataset->indexes.back(), number);
}

void EngineStore::RemoveIndexFrom(Dataset& dataset, uint32_t index) {
  std::erase_if(dataset.indexes, [&](const Index& one) { return one.number == index; });
  dataset.Publish();
  {
    const std::unique_lock lock(datasets_mutex_);
    by_index_.erase(index);
  }
  const auto range = NumberRange(index);
  engine_->Reclaim(Family::kIndex, range.begin, range.end);
}

Result<void> EngineStore::DropIndex(uint32_t index) {
  const std::lock_guard definitions_lock(definitions_mutex_);
  const auto dataset = FindByIndex(index);
  if (dataset == nullptr)
    return MakeError(Code::kNotFound, "there is no index with the number {}", index);
  const std::lock_guard lock(dataset->writer_mutex);
  auto set = engine_->NewWriteSet();
  RemoveIndex(index, *set);
  SLUICE_TRY(engine_->Apply(std::move(set)));
  RemoveIndexFrom(*dataset, index);
  return {};
}

Result<void> EngineStore::BuildIndex(uint32_t index, const Stop& stop) {
  bool ready = false;
  while (!ready) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped while building index {}", index);
    const auto dataset = FindByIndex(index);
    if (dataset == nullptr)
      return MakeError(Code::kNotFound, "there is no index with the number {}", index);
    SLUICE_TRY(const auto part, ReadPart(*dataset, index));
    const std::lock_guard lock(dataset->writer_mutex);
    SLUICE_TRY(ready, PutPart(*dataset, part));
  }
  return {};
}

// What the next latest versions have for the index, read while writers go on.
Result<IndexPart> EngineStore::ReadPart(Dataset& dataset, uint32_t number) const {
  IndexPart part;
  part.index = number;
  std::shared_ptr<const KeyExtractor> extractor;
  std::shared_ptr<const EngineSnapshot> snapshot;
  {
    const std::lock_guard lock(dataset.writer_mutex);
    const auto* const index = dataset.FindIndex(number);
    if (index == nullptr)
      return MakeError(Code::kNotFound, "there is no index with the number {}", number);
    if (index->extractor == nullptr && !index->progress.ready()) {
      return MakeError(Code::kUnavailable, "index {} on {} of \"{}\" has no extractor", number,
                       index->definition.expression, dataset.definition.name);
    }
    extractor = index->extractor;
    part.from = index->progress.next;
    part.to = index->progress.end;
    snapshot = engine_->TakeSnapshot();
  }
  if (part.from >= part.to) return part;
  const bool large = part.to - part.from >= options_.bulk_entities_min;
  const size_t entities_max = large ? kLargePartMax : kSmallPartMax;
  const auto log = MakeLogReader(snapshot, dataset.definition.number,
                                 {.from = part.from, .to = part.to, .deleted = false}, part.to);
  Arena arena;
  std::vector<Entity> entities;
  while (part.offsets.size() < entities_max && part.bytes.size() < kPartBytesMax) {
    arena.Clear();
    entities.clear();
    SLUICE_TRY(log->Next(kBuildReadMax, arena, entities));
    if (entities.empty()) break;
    for (const auto& entity : entities) part.Add(entity, *extractor);
  }
  part.to = log->position();
  part.SortByKey();
  return part;
}

void IndexPart::Add(const Entity& entity, const KeyExtractor& extractor) {
  const auto offset = static_cast<Offset>(*entity.updated.AsInteger());
  offsets.push_back(offset);
  const std::string_view id = entity.id();
  for (const auto& key : ExtractKeys(extractor, entity)) {
    Entry entry{.offset = offset, .begin = bytes.size()};
    bytes += IndexKey(index, key, id);
    entry.value = bytes.size();
    if (IsLongId(id)) bytes += id;
    entry.end = bytes.size();
    entries.push_back(entry);
  }
}

void IndexPart::SortByKey() {
  std::ranges::sort(entries, {}, [this](const Entry& entry) { return KeyOf(entry); });
}

// Puts a part into the index, without what was superseded since it was read: those who did so have
// put the new versions' keys. True once the index is ready.
Result<bool> EngineStore::PutPart(Dataset& dataset, const IndexPart& part) {
  const auto* const index = dataset.FindIndex(part.index);
  if (index == nullptr)
    return MakeError(Code::kNotFound, "there is no index with the number {}", part.index);
  auto progress = index->progress;
  // Somebody else has put it.
  if (progress.next != part.from) return progress.ready();
  if (progress.ready()) return true;
  SLUICE_TRY(const auto superseded, SupersededOf(dataset, part));
  const auto kind = part.entries.size() >= options_.bulk_entities_min ? CommitBuilder::Kind::kBulk
                                                                      : CommitBuilder::Kind::kBatch;
  CommitBuilder builder(*engine_, dataset, NowMicroseconds(), kind);
  for (const auto& entry : part.entries) {
    if (!superseded.empty() && std::ranges::binary_search(superseded, entry.offset)) continue;
    builder.set().Put(Family::kIndex, part.KeyOf(entry), part.ValueOf(entry));
    ++progress.entries;
  }
  progress.next = part.to;
  SLUICE_CHECK(builder.SetIndexProgress(part.index, progress));
  SLUICE_TRY(ApplyCommit(dataset, builder));
  return progress.ready();
}

// Of the part's versions, those that are not the latest any more, ascending.
Result<std::vector<Offset>> EngineStore::SupersededOf(const Dataset& dataset,
                                                      const IndexPart& part) const {
  std::vector<Offset> superseded;
  LatestOffsets live(*engine_, dataset.definition.number, false, part.from, part.to,
                     LatestOffsets::Direction::kForward);
  SLUICE_TRY(auto latest, live.Next());
  for (const Offset offset : part.offsets) {
    while (latest && *latest < offset) {
      SLUICE_TRY(latest, live.Next());
    }
    if (!latest || *latest != offset) superseded.push_back(offset);
  }
  return superseded;
}

std::vector<IndexInfo> EngineStore::ListIndexes(std::optional<DatasetNumber> number) const {
  std::vector<IndexInfo> infos;
  for (const auto& dataset : AllDatasets()) {
    if (number && dataset->Info().number != *number) continue;
    for (auto& info : dataset->IndexInfos()) infos.push_back(std::move(info));
  }
  return infos;
}

}  // namespace sluice::storage
