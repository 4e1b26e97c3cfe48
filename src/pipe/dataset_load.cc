#include "pipe/dataset_load.h"

#include <utility>

#include "base/limits.h"
#include "pipe/checked_entities.h"
#include "value/relations.h"

namespace sluice::pipe {
namespace {

// How long an entity waits for others to be committed with.
constexpr std::chrono::seconds kHeldMax(2);
// From here on a thread for a commit costs nothing beside it.
constexpr size_t kSentMin = limits::kCommitEntitiesMax;

void Sum(const WriteCounts& from, WriteCounts& to) {
  to.written += from.written;
  to.unchanged += from.unchanged;
  to.deleted += from.deleted;
}

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
  const size_t before = held_.appends.size();
  for (size_t i = 0; i < entities.size(); ++i) {
    const Entity& entity = entities[i];
    const auto item = made[i];
    if (item.id.empty()) {
      held_.appends.resize(before);
      return WithoutId(entity);
    }
    storage::Append& append = held_.appends.emplace_back();
    append.record = item.record;
    append.id = item.id;
    append.hash = IsStoredAsIs(entity) ? *entity.hash : IdentityHashOfRecord(item.record);
    append.only_if_live = entity.filtered;
    append.deleted = item.deleted;
  }
  if (before == 0) oldest_ = sink_.clock().Steady();
  held_.ignored += checked.ignored;
  held_.bytes += made.bytes();
  held_.records.push_back(std::move(made));
  return {};
}

// By what the entities before needed, and a little more.
size_t DatasetLoad::BytesExpected(size_t entities) const {
  return held_.appends.empty() ? 0 : entities * (held_.bytes / held_.appends.size() + 16);
}

bool DatasetLoad::Full() const {
  // What the next batch is compared with must be committed.
  if (ComparesWithLatest(sink_.options())) return true;
  return unit_ && (unit_->Full(held_.appends.size(), held_.bytes) ||
                   sink_.clock().Steady() - oldest_ > kHeldMax);
}

Result<WriteCounts> DatasetLoad::Commit(const CommitBy& commit) {
  auto counts = Wait();
  const Held held = std::exchange(held_, {});
  if (!counts.ok()) return counts;
  SLUICE_TRY(const auto last, Ended(held, commit(held.appends)));
  Sum(last, *counts);
  return counts;
}

Result<WriteCounts> DatasetLoad::Send(CommitBy commit) {
  if (entities() < kSentMin || !bulk() || ComparesWithLatest(sink_.options())) {
    return Commit(commit);
  }
  auto counts = Wait();
  Held held = std::exchange(held_, {});
  if (!counts.ok()) return counts;
  sent_ = std::move(held);
  under_way_ =
      std::async(std::launch::async, [this, by = std::move(commit)] { return by(sent_.appends); });
  return counts;
}

Result<WriteCounts> DatasetLoad::Wait() {
  if (!under_way_.valid()) return WriteCounts{.checkpoint_stored = true};
  auto receipt = under_way_.get();
  return Ended(std::exchange(sent_, {}), std::move(receipt));
}

Result<WriteCounts> DatasetLoad::Ended(const Held& held, Result<storage::CommitReceipt> receipt) {
  if (!receipt.ok()) return receipt.TakeError();
  if (!held.appends.empty()) unit_->Committed(*receipt, held.appends.size());
  return WriteCounts{.written = receipt->appended,
                     .unchanged = receipt->unchanged + held.ignored,
                     .deleted = receipt->deleted,
                     .checkpoint_stored = true};
}

void DatasetLoad::Drop() {
  held_ = {};
  // Whoever drops has no use for the outcome: the store knows it.
  if (under_way_.valid()) under_way_.wait();
  under_way_ = {};
  sent_ = {};
}

}  // namespace sluice::pipe
