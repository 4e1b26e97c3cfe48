// What one commit to the dataset's writer queue holds: appends, index entries, what a full run has
// seen and the pipe's own state become visible together.

#include "pipe/dataset_sink.h"

#include <utility>

#include "config/option_table.h"
#include "pipe/breaker/circuit_breaker.h"
#include "pipe/dataset_load.h"

namespace sluice::pipe {
namespace {

constexpr size_t kHeldStateMax = 200'000;  // Changes: some tens of megabytes.

class DatasetWriter final : public SinkWriter {
 public:
  DatasetWriter(const DatasetSink& sink, storage::DatasetNumber number,
                std::optional<uint64_t> full_run, std::unique_ptr<CircuitBreaker> breaker)
      : sink_(sink),
        number_(number),
        full_run_(full_run),
        breaker_(std::move(breaker)),
        load_(sink) {}

  // The first entities of a dataset are held until there are enough for a bulk load, and their
  // checkpoints with them: a crash in between loses both.
  Result<WriteCounts> Write(const Batch& batch, const Checkpoint& checkpoint,
                            const Stop&) override {
    if (lost_) return *lost_;
    SLUICE_TRY(load_.Add(batch));
    ++held_writes_;
    held_state_.insert(held_state_.end(), checkpoint.state.begin(), checkpoint.state.end());
    if (shows_each_write_ || !load_.bulk()) return CommitHeld();
    const bool full = load_.Full() || held_state_.size() >= kHeldStateMax;
    return full ? SendHeld() : WriteCounts{.checkpoint_stored = true};
  }

  Result<WriteCounts> Finish(bool complete, const Checkpoint& checkpoint,
                             const Stop& stop) override {
    const bool populates = checkpoint.source_populated && Populates();
    if (lost_) return *lost_;
    SLUICE_TRY(const auto held, CommitHeld());
    if (!full_run_) {
      if (breaker_) SLUICE_TRY(breaker_->Commit(stop));
      SLUICE_TRY(FinishIncremental(populates, checkpoint));
      return held;
    }
    storage::Store::FullRunOptions options;
    options.delete_unseen = complete && sink_.options().deletion_tracking;
    options.mark_deletion_tracked = sink_.options().mark_deletion_tracked;
    options.set_populated =
        populates || sink_.options().set_initial_offset == InitialOffset::kAlways;
    options.state = checkpoint.state;
    if (breaker_) {
      SLUICE_TRY(breaker_->CheckEnd(options));
      SLUICE_TRY(breaker_->Commit(stop));
    }
    SLUICE_TRY(auto receipt, sink_.store().FinishFullRun(number_, *full_run_, options, stop));
    full_run_.reset();
    return WriteCounts{.written = held.written + receipt.appended,
                       .unchanged = held.unchanged + receipt.unchanged,
                       .deleted = held.deleted + receipt.deleted,
                       .checkpoint_stored = true};
  }

  void Abort() override {
    DropHeld();
    if (!full_run_) return;
    // If this fails, the run stays open in the store until the next one on this dataset begins.
    (void)sink_.store().AbortFullRun(number_, *full_run_);
    full_run_.reset();
  }

  void Suspend() override {
    DropHeld();
    full_run_.reset();
  }
  Result<void> Trip(std::string_view message) override {
    DropHeld();
    return breaker_ ? breaker_->Trip(message) : Result<void>();
  }
  void ShowEachWrite() override { shows_each_write_ = true; }
  bool holds() const override { return held_writes_ != 0 || load_.under_way(); }

  uint64_t full_run() const override { return full_run_.value_or(0); }

 private:
  bool Populates() const {
    const InitialOffset when = sink_.options().set_initial_offset;
    return when == InitialOffset::kIfSourcePopulated || when == InitialOffset::kAlways;
  }

  void DropHeld() {
    load_.Drop();
    held_state_.clear();
    held_writes_ = 0;
  }

  DatasetLoad::CommitBy TakeCommit() {
    held_writes_ = 0;
    return [&sink = sink_, breaker = breaker_.get(),
            write = DatasetWrite{.dataset = number_,
                                 .full_run = full_run_,
                                 .state = std::exchange(held_state_, {})}](
               std::span<const storage::Append> appends) {
      return breaker ? breaker->Stage(appends, write) : sink.Commit(appends, write);
    };
  }

  Result<WriteCounts> CommitHeld() {
    if (load_.entities() == 0 && held_state_.empty()) {
      held_writes_ = 0;
      return Lasting(load_.Wait());
    }
    // Whoever wrote the last batch can write it again, but not those before it.
    const bool only_last = held_writes_ == 1 && !load_.under_way();
    auto counts = load_.Commit(TakeCommit());
    return only_last ? std::move(counts) : Lasting(std::move(counts));
  }

  Result<WriteCounts> SendHeld() { return Lasting(load_.Send(TakeCommit())); }

  // An error by which batches were lost that nobody has any more.
  Result<WriteCounts> Lasting(Result<WriteCounts> counts) {
    if (!counts.ok()) lost_ = counts.error();
    return counts;
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
  const std::unique_ptr<CircuitBreaker> breaker_;  // Null: all is committed as it comes.
  DatasetLoad load_;
  std::vector<storage::StateChange> held_state_;  // Of the checkpoints; the last of a key counts.
  size_t held_writes_ = 0;
  std::optional<Error> lost_;
  bool shows_each_write_ = false;
};

}  // namespace

Result<storage::DatasetInfo> DatasetSink::Create() const {
  SLUICE_TRY(auto info, CreateDataset());
  if (options_.indexed.empty() || indexed_ == info.number) return info;
  SLUICE_TRY(options_.indexes->Build(options_.indexed, Stop()));
  indexed_ = info.number;
  return info;
}

Result<storage::DatasetInfo> DatasetSink::CreateDataset() const {
  const auto info = store_.FindDataset(options_.dataset);
  if (info && info->options == options_.storage) return *info;
  SLUICE_TRY(auto made, store_.CreateDataset(options_.dataset, options_.storage));
  if (options_.set_initial_offset == InitialOffset::kOnload && !made.populated) {
    SLUICE_TRY(store_.SetPopulated(made.number, true));
  }
  return made;
}

Result<storage::CommitReceipt> DatasetSink::Commit(std::span<const storage::Append> appends,
                                                   DatasetWrite write) const {
  SLUICE_TRY(const auto info, Create());
  storage::Commit commit{.dataset = write.dataset.value_or(info.number),
                         .appends = appends,
                         .state = std::move(write.state),
                         .full_run = write.full_run};
  if (write.populates && !info.populated) commit.populated = true;
  return store_.Write(commit);
}

Result<std::unique_ptr<SinkWriter>> DatasetSink::Open(RunKind kind, const Stop& stop) {
  indexed_ = 0;  // An index that was dropped comes again.
  SLUICE_TRY(auto info, Create());
  if (options_.set_initial_offset == InitialOffset::kInitially && !info.populated) {
    SLUICE_TRY(store_.SetPopulated(info.number, true));
  }
  std::optional<uint64_t> full_run;
  if (kind == RunKind::kFull || kind == RunKind::kRescan) {
    SLUICE_TRY(full_run, store_.BeginFullRun(info.number));
  }
  SLUICE_TRY(auto breaker, CircuitBreaker::Open(*this, info, full_run, full_run.has_value(), stop));
  return std::make_unique<DatasetWriter>(*this, info.number, full_run, std::move(breaker));
}

Result<std::unique_ptr<SinkWriter>> DatasetSink::OpenAgain(uint64_t full_run, const Stop& stop) {
  const auto info = store_.FindDataset(options_.dataset);
  if (!info || store_.CurrentFullRun(info->number) != full_run) {
    return std::unique_ptr<SinkWriter>();
  }
  SLUICE_TRY(auto breaker, CircuitBreaker::Open(*this, *info, full_run, false, stop));
  return std::make_unique<DatasetWriter>(*this, info->number, full_run, std::move(breaker));
}

}  // namespace sluice::pipe
