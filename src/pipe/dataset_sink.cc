// What one commit to the dataset's writer queue holds: appends, index entries, what a full run has
// seen and the pipe's own state become visible together.

#include "pipe/dataset_sink.h"

#include <utility>

#include "config/option_table.h"
#include "pipe/dataset_load.h"

namespace sluice::pipe {
namespace {

class DatasetWriter final : public SinkWriter {
 public:
  DatasetWriter(const DatasetSink& sink, storage::DatasetNumber number,
                std::optional<uint64_t> full_run)
      : sink_(sink), number_(number), full_run_(full_run), load_(sink) {}

  // The first entities of a dataset are held until there are enough for a bulk load, and the
  // checkpoint with them: a crash in between loses both.
  Result<WriteCounts> Write(const Batch& batch, const Checkpoint& checkpoint,
                            const Stop&) override {
    SLUICE_TRY(load_.Add(batch));
    held_checkpoint_ = checkpoint;
    const bool holds = load_.bulk() && !shows_each_write_ && !load_.Full();
    return holds ? WriteCounts{.checkpoint_stored = true} : CommitHeld();
  }

  Result<WriteCounts> Finish(bool complete, const Checkpoint& checkpoint,
                             const Stop& stop) override {
    const bool populates = checkpoint.source_populated && Populates();
    SLUICE_TRY(const auto held, CommitHeld());
    if (!full_run_) {
      SLUICE_TRY(FinishIncremental(populates, checkpoint));
      return held;
    }
    storage::Store::FullRunOptions options;
    options.delete_unseen = complete && sink_.options().deletion_tracking;
    options.mark_deletion_tracked = sink_.options().mark_deletion_tracked;
    options.set_populated =
        populates || sink_.options().set_initial_offset == InitialOffset::kAlways;
    options.state = checkpoint.state;
    SLUICE_TRY(auto receipt, sink_.store().FinishFullRun(number_, *full_run_, options, stop));
    full_run_.reset();
    return WriteCounts{.written = held.written + receipt.appended,
                       .unchanged = held.unchanged + receipt.unchanged,
                       .deleted = held.deleted + receipt.deleted,
                       .checkpoint_stored = true};
  }

  void Abort() override {
    load_.Drop();
    if (!full_run_) return;
    // If this fails, the run stays open in the store until the next one on this dataset begins.
    (void)sink_.store().AbortFullRun(number_, *full_run_);
    full_run_.reset();
  }

  void Suspend() override {
    load_.Drop();
    full_run_.reset();
  }
  void ShowEachWrite() override { shows_each_write_ = true; }

  uint64_t full_run() const override { return full_run_.value_or(0); }

 private:
  bool Populates() const {
    const InitialOffset when = sink_.options().set_initial_offset;
    return when == InitialOffset::kIfSourcePopulated || when == InitialOffset::kAlways;
  }

  Result<WriteCounts> CommitHeld() {
    if (load_.entities() == 0 && held_checkpoint_.state.empty())
      return WriteCounts{.checkpoint_stored = true};
    const Checkpoint checkpoint = std::exchange(held_checkpoint_, {});
    return load_.Commit({.dataset = number_, .full_run = full_run_, .checkpoint = &checkpoint});
  }

  Result<void> FinishIncremental(bool populates, const Checkpoint& checkpoint) {
    const auto info = sink_.store().FindDataset(sink_.dataset());
    storage::Commit commit{.dataset = number_, .state = checkpoint.state};
    if ((populates || sink_.options().set_initial_offset == InitialOffset::kAlways) && info &&
        !info->populated) {
      commit.populated = true;
    }
    if (commit.populated || !commit.state.empty()) {
      SLUICE_TRY(sink_.store().Write(commit));
    }
    return {};
  }

  const DatasetSink& sink_;
  storage::DatasetNumber number_;
  std::optional<uint64_t> full_run_;
  DatasetLoad load_;
  Checkpoint held_checkpoint_;
  bool shows_each_write_ = false;
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

}  // namespace sluice::pipe
