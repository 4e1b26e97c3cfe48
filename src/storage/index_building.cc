// Making, filling and dropping indexes.

#include "base/arena.h"
#include "storage/engine_store.h"
#include "storage/keys.h"
#include "storage/reading.h"

namespace sluice::storage {
namespace {

// Entities of one chunk of a back-fill, and when it ends early. Writers of the dataset wait
// meanwhile.
constexpr size_t kBuildEntitiesMax = 2'000;
constexpr size_t kBuildBytesMax = 4 * 1024 * 1024;
constexpr size_t kBuildReadMax = 100;

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
    const std::lock_guard lock(dataset->writer_mutex);
    SLUICE_TRY(ready, BuildStep(*dataset, index));
  }
  return {};
}

// Puts the keys of the next latest versions into the index; true once it is ready.
Result<bool> EngineStore::BuildStep(Dataset& dataset, uint32_t number) {
  const auto* index = dataset.FindIndex(number);
  if (index == nullptr)
    return MakeError(Code::kNotFound, "there is no index with the number {}", number);
  if (index->progress.ready()) return true;
  if (index->extractor == nullptr) {
    return MakeError(Code::kUnavailable, "index {} on {} of \"{}\" has no extractor", number,
                     index->definition.expression, dataset.definition.name);
  }
  auto progress = index->progress;
  CommitBuilder builder(*engine_, dataset, NowMicroseconds());
  LatestOffsets live(*engine_, dataset.definition.number, false, progress.next, progress.end,
                     LatestOffsets::Direction::kForward);
  Arena arena;
  bool end = false;
  size_t read = 0;
  size_t bytes = 0;
  while (!end && read < kBuildEntitiesMax && bytes < kBuildBytesMax) {
    std::vector<Offset> offsets;
    while (offsets.size() < kBuildReadMax) {
      SLUICE_TRY(const auto offset, live.Next());
      end = !offset;
      if (end) break;
      offsets.push_back(*offset);
    }
    SLUICE_TRY(const auto entities,
               ReadVersions(*engine_, dataset.definition.number, offsets, arena));
    for (const auto& entity : entities) {
      for (const auto& key : ExtractKeys(*index->extractor, entity)) {
        PutIndexEntry(builder.set(), number, key, entity.id());
        ++progress.entries;
      }
    }
    read += offsets.size();
    bytes += arena.bytes();
    arena.Clear();
    progress.next = end ? progress.end : offsets.back() + 1;
  }
  SLUICE_CHECK(builder.SetIndexProgress(number, progress));
  SLUICE_TRY(ApplyCommit(dataset, builder));
  return progress.ready();
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
