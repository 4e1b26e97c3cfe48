#include "pipe/dataset_load.h"

#include "pipe/checked_entities.h"
#include "value/relations.h"

namespace sluice::pipe {
namespace {

// How long an entity waits for others to be committed with.
constexpr std::chrono::seconds kHeldMax(2);

Error WithoutId(const Entity& entity) {
  return MakeError(Code::kBadData, "an entity for a dataset needs an \"_id\", a string; found {}",
                   entity.dict.Find("_id").IsNull() ? "none" : "another kind of value");
}

bool IsStoredAsIs(const Entity& entity) {
  return entity.hash && entity.stored && !entity.filtered &&
         entity.dict.form() == Value::Form::kEncoded;
}

Result<DatasetRecords> MakeRecords(std::span<const Entity> entities, size_t bytes_expected,
                                   size_t bytes_max) {
  DatasetRecords records;
  records.Reserve(entities.size(), bytes_expected);
  for (const Entity& entity : entities) {
    size_t bytes = 0;
    if (entity.filtered) {
      const Property deletion[] = {{"_deleted", Value::Boolean(true)},
                                   {"_id", Value::String(entity.id())}};
      bytes = records.Add(Value::Dict(deletion));
    } else {
      bytes = records.Add(entity.dict);
    }
    if (bytes > bytes_max) {
      return MakeError(Code::kTooLarge,
                       "entity \"{}\" has {} bytes; max_entity_bytes_size allows {}", entity.id(),
                       bytes, bytes_max);
    }
  }
  return records;
}

}  // namespace

Result<void> DatasetLoad::Add(const Batch& batch) {
  const auto& options = sink_.options();
  std::span<const Entity> entities = batch.entities;
  CheckedEntities checked;
  if (!unit_) {
    const auto info = sink_.store().FindDataset(options.dataset);
    unit_.emplace(sink_.store(), !info || info->live + info->deleted == 0);
  }
  if (ComparesWithLatest(options)) {
    SLUICE_TRY(const auto info, sink_.Create());
    SLUICE_TRY(checked, CheckAgainstLatest(options, sink_.store(), info.number, batch));
    entities = checked.entities;
  }
  SLUICE_TRY(auto made,
             MakeRecords(entities, BytesExpected(entities.size()), options.max_entity_bytes_size));
  const size_t before = appends_.size();
  for (size_t i = 0; i < entities.size(); ++i) {
    const Entity& entity = entities[i];
    const auto item = made[i];
    if (item.id.empty()) {
      appends_.resize(before);
      return WithoutId(entity);
    }
    storage::Append& append = appends_.emplace_back();
    append.record = item.record;
    append.id = item.id;
    append.hash = IsStoredAsIs(entity) ? *entity.hash : IdentityHashOfRecord(item.record);
    append.only_if_live = entity.filtered;
    append.deleted = item.deleted;
  }
  if (before == 0) oldest_ = sink_.clock().Steady();
  ignored_ += checked.ignored;
  bytes_ += made.bytes();
  records_.push_back(std::move(made));
  return {};
}

// By what the entities before needed, and a little more.
size_t DatasetLoad::BytesExpected(size_t entities) const {
  return appends_.empty() ? 0 : entities * (bytes_ / appends_.size() + 16);
}

bool DatasetLoad::Full() const {
  // What the next batch is compared with must be committed.
  if (ComparesWithLatest(sink_.options())) return true;
  return unit_ &&
         (unit_->Full(appends_.size(), bytes_) || sink_.clock().Steady() - oldest_ > kHeldMax);
}

Result<WriteCounts> DatasetLoad::Commit(const DatasetWrite& write,
                                        storage::CommitReceipt* receipt_out) {
  SLUICE_TRY(const auto info, sink_.Create());
  storage::Commit commit{.dataset = write.dataset.value_or(info.number),
                         .appends = appends_,
                         .full_run = write.full_run};
  if (write.checkpoint) commit.state = write.checkpoint->state;
  if (write.populates && !info.populated) commit.populated = true;
  auto receipt = sink_.store().Write(commit);
  const size_t entities = appends_.size();
  WriteCounts counts{.unchanged = ignored_, .checkpoint_stored = true};
  Drop();
  if (!receipt.ok()) return receipt.TakeError();
  if (entities != 0) unit_->Committed(*receipt, entities);
  if (receipt_out) *receipt_out = *receipt;
  counts.written = receipt->appended;
  counts.unchanged += receipt->unchanged;
  counts.deleted = receipt->deleted;
  return counts;
}

void DatasetLoad::Drop() {
  appends_.clear();
  records_.clear();
  bytes_ = 0;
  ignored_ = 0;
}

}  // namespace sluice::pipe
