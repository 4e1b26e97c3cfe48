// PumpRun: one run of a pump, from its start to its end, a step at a time.
//
// A step ends between two commits, so that runs share threads, stop soon, and see a changed
// configuration. What a run has done so far is in the pipe's stored state: a run that is stopped,
// fails or is killed is taken up there by the next one.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/stop.h"
#include "pipe/compiled_pipe.h"
#include "pipe/execution_log.h"
#include "pipe/pipe_state.h"
#include "pipe/status.h"

namespace sluice::pipe {

struct RunRequest {
  // kIncremental: as the stored state allows, which may be a full run.
  RunKind kind = RunKind::kIncremental;
  User user = {};
};

struct RunServices {
  storage::Store* store = nullptr;
  const Clock* clock = nullptr;
  Random* random = nullptr;
};

class WriteErrors;

// Steps are taken by one thread at a time; counts and kind may be read by any.
class PumpRun {
 public:
  PumpRun(std::shared_ptr<const CompiledPipe> pipe, RunServices services, RunRequest request,
          Stop stop);
  ~PumpRun();

  // Does a part of the work; false when the run has ended.
  bool Step();

  // Of a run that has ended.
  const RunReport& report() const { return report_; }
  // The run did nothing, since its input is not populated yet.
  bool waits_for_input() const { return waits_for_input_; }
  // Writes the run's end to the execution log. Runs that found nothing to do are left out, unless
  // the pump says otherwise or `even_noop` is set. True if it was written.
  Result<bool> LogEnd(std::optional<double> next_interval_s, bool even_noop);
  RunCounts counts() const;
  RunKind kind() const { return kind_.load(); }

 private:
  enum class Phase { kBegin, kCopy, kFinish, kEnded };

  Result<void> Advance();
  // begin_run.cc: what kind of run it is, and opening both ends.
  Result<void> Begin();
  Result<void> DecideKind();
  std::optional<std::string> ReasonForFull(const std::string& source_scope,
                                           const std::string& sink_scope) const;
  bool DueForRescan() const;
  bool CanResume(const std::string& source_scope, const std::string& sink_scope) const;
  Result<Value> SinceForRun(Arena& arena) const;
  bool FollowsOffsets() const;
  Result<void> OpenSource();
  Result<void> OpenSink();
  // run.cc: copying.
  void LogStartIfLong();
  bool is_full() const { return kind_ == RunKind::kFull || kind_ == RunKind::kRescan; }
  bool FoundNothing() const;
  Result<void> Copy();
  Result<Batch> ReadBatch();
  Result<Batch> Gather();
  Result<Batch> Transform(Batch batch);
  Result<void> WriteGroup(const Batch& group);
  Result<WriteCounts> WriteOnce(const Batch& batch, const Checkpoint& checkpoint);
  Result<void> StoreCheckpoint(const Checkpoint& checkpoint);
  Checkpoint MakeCheckpoint(bool due);
  void AddState(Checkpoint& checkpoint);
  void NoteStored(const Checkpoint& checkpoint);
  Result<void> Finish();
  void End(RunOutcome outcome, std::optional<Error> error);
  void Count(const std::function<void(RunCounts&)>& change);

  const std::shared_ptr<const CompiledPipe> pipe_;
  const RunServices services_;
  const RunRequest request_;
  const Stop stop_;
  Phase phase_ = Phase::kBegin;
  std::atomic<RunKind> kind_ = RunKind::kIncremental;
  PipeState state_;
  std::string stored_state_;  // As it is in the store, so that nothing is written twice.
  bool source_populated_ = false;
  bool source_ended_ = false;
  bool chronological_ = false;
  bool resumed_ = false;
  bool waits_for_input_ = false;
  size_t batches_since_checkpoint_ = 0;
  std::unique_ptr<SourceReader> reader_;
  std::unique_ptr<SinkWriter> writer_;
  std::unique_ptr<WriteErrors> write_errors_;
  int64_t read_retries_ = 0;
  std::optional<Entity> failed_entity_;
  Batch failed_batch_;  // What failed_entity_ views.
  RunReport report_;
  ExecutionLog log_;
  bool start_logged_ = false;
  SteadyTime started_steady_;
  mutable std::mutex counts_mutex_;
  RunCounts counts_;
};

}  // namespace sluice::pipe
