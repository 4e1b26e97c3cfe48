// Opening, and what datasets there are.

#include "storage/engine_store.h"

#include "storage/keys.h"
#include "storage/snapshot.h"
#include "value/record.h"

namespace sluice::storage {
namespace {

constexpr size_t kNameBytesMax = 1024;
// Bulk loads held in memory at a time, by all writers together.
constexpr int kBulkPlaces = 2;
// Filters of ids, of at most 20 MB each.
constexpr int kFilterPlaces = 3;

Result<void> CheckName(std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax) {
    return MakeError(Code::kBadRequest, "the name of a dataset has 1 to {} bytes, found {}",
                     kNameBytesMax, name.size());
  }
  std::string record;
  Encode(Value::String(name), record);
  if (CheckRecord(record).ok()) return {};
  return MakeError(Code::kBadRequest, "the name of a dataset is UTF-8, found other bytes");
}

void DeleteRange(Family family, const KeyRange& range, WriteSet& set) {
  set.DeleteRange(family, range.begin, range.end);
}

}  // namespace

EngineStore::EngineStore(std::unique_ptr<Engine> engine, const StoreOptions& options)
    : options_(options),
      engine_(std::move(engine)),
      durability_(*engine_, engine_->LatestSequence(), *options_.clock),
      bulk_places_(std::make_shared<std::atomic<int>>(kBulkPlaces)),
      filter_places_(std::make_shared<std::atomic<int>>(kFilterPlaces)) {}

EngineStore::~EngineStore() = default;

Result<std::unique_ptr<Store>> EngineStore::Open(std::unique_ptr<Engine> engine,
                                                 const StoreOptions& options) {
  std::unique_ptr<EngineStore> store(new EngineStore(std::move(engine), options));
  SLUICE_TRY(store->Load());
  return std::unique_ptr<Store>(std::move(store));
}

Result<void> EngineStore::Load() {
  SLUICE_TRY(const auto next, engine_->Get(Family::kMeta, kNextNumberKey));
  if (next) {
    SLUICE_TRY(const auto number, ParseNumber(*next));
    next_number_ = static_cast<uint32_t>(number);
  }
  const auto range = PrefixRange("d");
  const auto cursor = engine_->NewCursor(Family::kMeta, range.begin, range.end, Access::kPoint);
  for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
    SLUICE_TRY(auto definition, ParseDatasetDefinition(cursor->value()));
    SLUICE_TRY(const auto counters, ReadCounters(*engine_, definition.number));
    auto dataset = std::make_shared<Dataset>(std::move(definition), counters);
    if (counters.full_run) {
      const auto notes = SourceNoteRange(dataset->definition.number);
      const auto note = engine_->NewCursor(Family::kState, notes.begin, notes.end, Access::kPoint);
      note->Seek(notes.begin);
      SLUICE_TRY(note->status());
      dataset->source_notes = note->Valid();
    }
    by_number_[dataset->definition.number] = dataset;
    by_name_[dataset->definition.name] = dataset;
  }
  SLUICE_TRY(cursor->status());
  return LoadIndexes();
}

Result<void> EngineStore::LoadIndexes() {
  const auto range = PrefixRange("x");
  const auto cursor = engine_->NewCursor(Family::kMeta, range.begin, range.end, Access::kPoint);
  for (cursor->Seek(range.begin); cursor->Valid(); cursor->Next()) {
    SLUICE_TRY(auto stored, ParseIndexDefinition(cursor->value()));
    SLUICE_TRY(const auto value, engine_->Get(Family::kState, IndexProgressKey(stored.number)));
    const auto dataset = by_number_.find(stored.dataset);
    if (!value || dataset == by_number_.end()) {
      return MakeError(Code::kCorrupt, "index {} has no {}", stored.number,
                       value ? "dataset" : "progress");
    }
    SLUICE_TRY(const auto progress, ParseIndexProgress(*value));
    dataset->second->indexes.push_back({.number = stored.number,
                                        .definition = std::move(stored.definition),
                                        .progress = progress,
                                        .extractor = nullptr});
    dataset->second->Publish();
    by_index_[stored.number] = dataset->second;
  }
  return cursor->status();
}

EngineStore::DatasetPointer EngineStore::FindByName(std::string_view name) const {
  const std::shared_lock lock(datasets_mutex_);
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

EngineStore::DatasetPointer EngineStore::FindByNumber(DatasetNumber number) const {
  const std::shared_lock lock(datasets_mutex_);
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? nullptr : found->second;
}

EngineStore::DatasetPointer EngineStore::FindByIndex(uint32_t index) const {
  const std::shared_lock lock(datasets_mutex_);
  const auto found = by_index_.find(index);
  return found == by_index_.end() ? nullptr : found->second;
}

std::vector<EngineStore::DatasetPointer> EngineStore::AllDatasets() const {
  const std::shared_lock lock(datasets_mutex_);
  std::vector<DatasetPointer> all;
  for (const auto& [name, dataset] : by_name_) all.push_back(dataset);
  return all;
}

Result<EngineStore::DatasetPointer> EngineStore::Existing(DatasetNumber number) const {
  auto dataset = FindByNumber(number);
  if (dataset == nullptr) {
    return MakeError(Code::kConflict,
                     "dataset number {} is gone: it was deleted, truncated or never made", number);
  }
  return dataset;
}

uint32_t EngineStore::TakeNumber(WriteSet& set) {
  const uint32_t number = next_number_++;
  SLUICE_CHECK(next_number_ != 0);
  set.Put(Family::kMeta, kNextNumberKey, EncodeNumber(next_number_));
  return number;
}

Result<DatasetInfo> EngineStore::CreateDataset(std::string_view name,
                                               const DatasetOptions& options) {
  SLUICE_TRY(CheckName(name));
  const std::lock_guard lock(definitions_mutex_);
  const auto existing = FindByName(name);
  return existing != nullptr ? ChangeOptions(*existing, options) : MakeDataset(name, options);
}

Result<DatasetInfo> EngineStore::MakeDataset(std::string_view name, const DatasetOptions& options) {
  auto set = engine_->NewWriteSet();
  const DatasetDefinition definition{.number = TakeNumber(*set),
                                     .name = std::string(name),
                                     .uuid = options_.random->Uuid(),
                                     .options = options,
                                     .created_us = NowMicroseconds()};
  set->Put(Family::kMeta, DatasetKey(definition.number), EncodeDatasetDefinition(definition));
  set->Put(Family::kMeta, NameKey(name), EncodeNumber(definition.number));
  set->Put(Family::kState, CountersKey(definition.number), EncodeCounters({}));
  SLUICE_TRY(engine_->Apply(std::move(set)));
  const auto dataset = std::make_shared<Dataset>(definition, Counters());
  const std::unique_lock lock(datasets_mutex_);
  by_name_[definition.name] = dataset;
  by_number_[definition.number] = dataset;
  return dataset->Info();
}

Result<DatasetInfo> EngineStore::ChangeOptions(Dataset& dataset, const DatasetOptions& options) {
  const std::lock_guard lock(dataset.writer_mutex);
  if (dataset.definition.options == options) return dataset.Info();
  auto definition = dataset.definition;
  auto counters = dataset.counters;
  definition.options = options;
  auto set = engine_->NewWriteSet();
  if (options.keep_versions != dataset.definition.options.keep_versions) {
    // The queue holds what falls out by the old number.
    DeleteRange(Family::kState, QueueRange(definition.number), *set);
    counters.queued = 0;
    counters.queue_begin = 0;
    counters.cut_before = counters.next_offset;
    counters.compact_all =
        options.keep_versions != 0 && counters.versions > counters.live + counters.deleted;
    set->Put(Family::kState, CountersKey(definition.number), EncodeCounters(counters));
  }
  set->Put(Family::kMeta, DatasetKey(definition.number), EncodeDatasetDefinition(definition));
  SLUICE_TRY(engine_->Apply(std::move(set)));
  // Only the options: readers of the name may be at work.
  dataset.definition.options = options;
  dataset.counters = counters;
  dataset.Publish();
  return dataset.Info();
}

std::optional<DatasetInfo> EngineStore::FindDataset(std::string_view name) const {
  const auto dataset = FindByName(name);
  return dataset == nullptr ? std::nullopt : std::optional(dataset->Info());
}

std::vector<DatasetInfo> EngineStore::ListDatasets() const {
  std::vector<DatasetInfo> infos;
  for (const auto& dataset : AllDatasets()) infos.push_back(dataset->Info());
  return infos;
}

void EngineStore::RemoveIndex(uint32_t index, WriteSet& set) {
  set.Delete(Family::kMeta, IndexDefinitionKey(index));
  set.Delete(Family::kState, IndexProgressKey(index));
  DeleteRange(Family::kIndex, NumberRange(index), set);
}

void EngineStore::RemoveContents(const Dataset& dataset, WriteSet& set) {
  const auto number = dataset.definition.number;
  set.Delete(Family::kMeta, DatasetKey(number));
  set.Delete(Family::kState, CountersKey(number));
  DeleteRange(Family::kLog, NumberRange(number), set);
  DeleteRange(Family::kLatest, NumberRange(number), set);
  DeleteRange(Family::kState, BitmapRange(number), set);
  DeleteRange(Family::kState, QueueRange(number), set);
  DeleteRange(Family::kState, SourceNoteRange(number), set);
  DeleteRange(Family::kState, RetractionRange(number), set);
  for (const auto& index : dataset.indexes) RemoveIndex(index.number, set);
}

void EngineStore::ReclaimContents(const Dataset& dataset) {
  const auto range = NumberRange(dataset.definition.number);
  engine_->Reclaim(Family::kLog, range.begin, range.end);
  engine_->Reclaim(Family::kLatest, range.begin, range.end);
  for (const auto& index : dataset.indexes) {
    const auto its_range = NumberRange(index.number);
    engine_->Reclaim(Family::kIndex, its_range.begin, its_range.end);
  }
}

Result<void> EngineStore::DeleteDataset(std::string_view name) {
  const std::lock_guard lock(definitions_mutex_);
  const auto dataset = FindByName(name);
  if (dataset == nullptr) return MakeError(Code::kNotFound, "there is no dataset \"{}\"", name);
  const std::lock_guard writer_lock(dataset->writer_mutex);
  auto set = engine_->NewWriteSet();
  RemoveContents(*dataset, *set);
  set->Delete(Family::kMeta, NameKey(name));
  SLUICE_TRY(engine_->Apply(std::move(set)));
  dataset->gone = true;
  {
    const std::unique_lock datasets_lock(datasets_mutex_);
    by_name_.erase(dataset->definition.name);
    by_number_.erase(dataset->definition.number);
    for (const auto& index : dataset->indexes) by_index_.erase(index.number);
  }
  ReclaimContents(*dataset);
  return {};
}

Result<DatasetInfo> EngineStore::TruncateDataset(std::string_view name) {
  const std::lock_guard lock(definitions_mutex_);
  const auto old = FindByName(name);
  if (old == nullptr) return MakeError(Code::kNotFound, "there is no dataset \"{}\"", name);
  const std::lock_guard writer_lock(old->writer_mutex);
  auto set = engine_->NewWriteSet();
  RemoveContents(*old, *set);
  auto definition = old->definition;
  definition.number = TakeNumber(*set);
  definition.uuid = options_.random->Uuid();
  definition.created_us = NowMicroseconds();
  set->Put(Family::kMeta, DatasetKey(definition.number), EncodeDatasetDefinition(definition));
  set->Put(Family::kMeta, NameKey(name), EncodeNumber(definition.number));
  set->Put(Family::kState, CountersKey(definition.number), EncodeCounters({}));
  const auto dataset = std::make_shared<Dataset>(definition, Counters());
  for (const auto& index : old->indexes) {
    const StoredIndex stored{
        .number = TakeNumber(*set), .dataset = definition.number, .definition = index.definition};
    set->Put(Family::kMeta, IndexDefinitionKey(stored.number), EncodeIndexDefinition(stored));
    set->Put(Family::kState, IndexProgressKey(stored.number), EncodeIndexProgress({}));
    dataset->indexes.push_back({.number = stored.number,
                                .definition = index.definition,
                                .progress = {},
                                .extractor = index.extractor});
  }
  dataset->Publish();
  SLUICE_TRY(engine_->Apply(std::move(set)));
  old->gone = true;
  {
    const std::unique_lock datasets_lock(datasets_mutex_);
    by_name_[definition.name] = dataset;
    by_number_.erase(old->definition.number);
    by_number_[definition.number] = dataset;
    for (const auto& index : old->indexes) by_index_.erase(index.number);
    for (const auto& index : dataset->indexes) by_index_[index.number] = dataset;
  }
  ReclaimContents(*old);
  return dataset->Info();
}

}  // namespace sluice::storage
