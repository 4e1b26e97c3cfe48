// One Write is one commit of the dataset's writer queue: appends, index entries, what a full run
// has seen and the pipe's own state become visible together.

#include "pipe/dataset_sink.h"

#include "config/option_table.h"
#include "pipe/checked_entities.h"
#include "value/record.h"
#include "value/relations.h"

namespace sluice::pipe {
namespace {

using storage::Append;

// The record of each entity as the dataset stores it, in one buffer.
class Records {
 public:
  Result<void> Add(const Entity& entity, size_t bytes_max) {
    const std::string_view id = entity.id();
    if (id.empty()) {
      return MakeError(Code::kBadData,
                       "an entity for a dataset needs an \"_id\", a string; found {}",
                       entity.dict.Find("_id").IsNull() ? "none" : "another kind of value");
    }
    const size_t start = bytes_.size();
    if (entity.filtered) {
      const Property deletion[] = {{"_deleted", Value::Boolean(true)}, {"_id", Value::String(id)}};
      EncodeForDataset(Value::Dict(deletion), bytes_);
    } else {
      EncodeForDataset(entity.dict, bytes_);
    }
    if (bytes_.size() - start > bytes_max) {
      return MakeError(Code::kTooLarge,
                       "entity \"{}\" has {} bytes; max_entity_bytes_size allows {}", id,
                       bytes_.size() - start, bytes_max);
    }
    places_.push_back({start, bytes_.size() - start});
    return {};
  }
  std::string_view operator[](size_t i) const {
    return std::string_view(bytes_).substr(places_[i].start, places_[i].size);
  }

 private:
  struct Place {
    size_t start;
    size_t size;
  };
  std::string bytes_;
  std::vector<Place> places_;
};

bool IsStoredAsIs(const Entity& entity) {
  return entity.hash && entity.stored && !entity.filtered &&
         entity.dict.form() == Value::Form::kEncoded;
}

Result<std::vector<Append>> MakeAppends(const std::vector<Entity>& entities, size_t bytes_max,
                                        Records& records) {
  for (const Entity& entity : entities) SLUICE_TRY(records.Add(entity, bytes_max));
  std::vector<Append> appends(entities.size());
  for (size_t i = 0; i < entities.size(); ++i) {
    const Entity& entity = entities[i];
    appends[i].record = records[i];
    appends[i].id = entity.id();
    appends[i].hash = IsStoredAsIs(entity) ? *entity.hash : IdentityHashOfRecord(records[i]);
    appends[i].only_if_live = entity.filtered;
    appends[i].deleted =
        entity.filtered || entity.dict.Find("_deleted").AsBoolean().value_or(false);
  }
  return appends;
}

class DatasetWriter final : public SinkWriter {
 public:
  DatasetWriter(const DatasetSink& sink, storage::DatasetNumber number,
                std::optional<uint64_t> full_run)
      : sink_(sink), number_(number), full_run_(full_run) {}

  Result<WriteCounts> Write(const Batch& batch, const Checkpoint& checkpoint,
                            const Stop&) override {
    return sink_.Write(number_, batch, {.full_run = full_run_, .checkpoint = &checkpoint});
  }

  Result<WriteCounts> Finish(bool complete, const Checkpoint& checkpoint,
                             const Stop& stop) override {
    const bool populates = checkpoint.source_populated && Populates();
    if (!full_run_) return FinishIncremental(populates, checkpoint);
    storage::Store::FullRunOptions options;
    options.delete_unseen = complete && sink_.options().deletion_tracking;
    options.mark_deletion_tracked = sink_.options().mark_deletion_tracked;
    options.set_populated =
        populates || sink_.options().set_initial_offset == InitialOffset::kAlways;
    options.state = checkpoint.state;
    SLUICE_TRY(auto receipt, sink_.store().FinishFullRun(number_, *full_run_, options, stop));
    full_run_.reset();
    return WriteCounts{.written = receipt.appended,
                       .unchanged = receipt.unchanged,
                       .deleted = receipt.deleted,
                       .checkpoint_stored = true};
  }

  void Abort() override {
    if (!full_run_) return;
    // If this fails, the run stays open in the store until the next one on this dataset begins.
    (void)sink_.store().AbortFullRun(number_, *full_run_);
    full_run_.reset();
  }

  void Suspend() override { full_run_.reset(); }

  uint64_t full_run() const override { return full_run_.value_or(0); }

 private:
  bool Populates() const {
    const InitialOffset when = sink_.options().set_initial_offset;
    return when == InitialOffset::kIfSourcePopulated || when == InitialOffset::kAlways;
  }

  Result<WriteCounts> FinishIncremental(bool populates, const Checkpoint& checkpoint) {
    const auto info = sink_.store().FindDataset(sink_.dataset());
    storage::Commit commit{.dataset = number_, .state = checkpoint.state};
    if ((populates || sink_.options().set_initial_offset == InitialOffset::kAlways) && info &&
        !info->populated) {
      commit.populated = true;
    }
    if (commit.populated || !commit.state.empty()) {
      SLUICE_TRY(sink_.store().Write(commit));
    }
    return WriteCounts{.checkpoint_stored = true};
  }

  const DatasetSink& sink_;
  storage::DatasetNumber number_;
  std::optional<uint64_t> full_run_;
};

}  // namespace

Result<storage::DatasetInfo> DatasetSink::Create() const {
  const auto info = store_.FindDataset(options_.dataset);
  if (info && info->options == options_.storage) return *info;
  SLUICE_TRY(auto made, store_.CreateDataset(options_.dataset, options_.storage));
  if (options_.set_initial_offset == InitialOffset::kOnload && !made.populated) {
    SLUICE_TRY(store_.SetPopulated(made.number, true));
  }
  return made;
}

Result<std::unique_ptr<SinkWriter>> DatasetSink::Open(RunKind kind, const Stop&) {
  SLUICE_TRY(auto info, Create());
  if (options_.set_initial_offset == InitialOffset::kInitially && !info.populated) {
    SLUICE_TRY(store_.SetPopulated(info.number, true));
  }
  std::optional<uint64_t> full_run;
  if (kind == RunKind::kFull || kind == RunKind::kRescan) {
    SLUICE_TRY(full_run, store_.BeginFullRun(info.number));
  }
  return std::make_unique<DatasetWriter>(*this, info.number, full_run);
}

Result<std::unique_ptr<SinkWriter>> DatasetSink::OpenAgain(uint64_t full_run, const Stop&) {
  const auto info = store_.FindDataset(options_.dataset);
  if (!info || store_.CurrentFullRun(info->number) != full_run) {
    return std::unique_ptr<SinkWriter>();
  }
  return std::make_unique<DatasetWriter>(*this, info->number, full_run);
}

Result<WriteCounts> DatasetSink::Write(storage::DatasetNumber number, const Batch& batch,
                                       const DatasetWrite& write,
                                       storage::CommitReceipt* receipt_out) const {
  SLUICE_TRY(auto checked, CheckAgainstLatest(options_, store_, number, batch));
  Records records;
  SLUICE_TRY(auto appends, MakeAppends(checked.entities, options_.max_entity_bytes_size, records));
  storage::Commit commit{.dataset = number, .appends = appends, .full_run = write.full_run};
  if (write.checkpoint) commit.state = write.checkpoint->state;
  SLUICE_TRY(auto receipt, store_.Write(commit));
  if (receipt_out) *receipt_out = receipt;
  return WriteCounts{.written = receipt.appended,
                     .unchanged = receipt.unchanged + checked.ignored,
                     .deleted = receipt.deleted,
                     .checkpoint_stored = true};
}

}  // namespace sluice::pipe
