// PumpRun: one run of a pump, from its start to its end, a step at a time.
//
// A step ends between two commits, so that runs share threads, stop soon, and see a changed
// configuration. What a run has done so far is in the pipe's stored state: a run that is stopped,
// fails or is killed is taken up there by the next one.

#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/limits.h"
#include "base/stop.h"
#include "pipe/compiled_pipe.h"
#include "pipe/execution_log.h"
#include "pipe/pipe_state.h"
#include "pipe/status.h"
#include "pipe/tracking/mistakes.h"

namespace sluice::pipe {

// How long entities are gathered for one commit: a bound on what a stop, or another pipe on the
// same thread, waits for.
inline constexpr auto kGatherTime = std::chrono::milliseconds(50);

struct RunRequest {
  // kIncremental: as the stored state allows, which may be a full run.
  RunKind kind = RunKind::kIncremental;
  User user = {};
  bool in_cycle = false;  // It need not wait for the datasets that it looks up.
};

struct RunServices {
  storage::Store* store = nullptr;
  const Clock* clock = nullptr;
  Random* random = nullptr;
  Indexes* indexes = nullptr;
  const Mistakes* mistakes = nullptr;
  size_t affected_bytes_max = limits::kAffectedBytesMax;
};

class Tracker;
class WriteErrors;

// The first dataset that the pipe looks up and that does not hold everything yet, though it is
// there or will be once a pipe has run.
std::optional<std::string> AwaitedLookup(const CompiledPipe& pipe, const storage::Store& store);

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
  enum class Phase { kBegin, kCopy, kAgain, kFinish, kEnded };

  Result<void> Advance();
  void NoteTripped(const Error& error);
  // begin_run.cc: what kind of run it is, and opening both ends.
  Result<void> Begin();
  Result<void> DecideKind();
  std::optional<std::string> ReasonForFull(const std::string& source_scope,
                                           const std::string& sink_scope) const;
  bool DueForRescan() const;
  bool CanResume(const std::string& source_scope, const std::string& sink_scope) const;
  Result<Value> SinceForRun(Arena& arena) const;
  bool FollowsOffsets() const;
  Result<void> BeginTracking();
  Result<void> OpenSource();
  Result<void> OpenSink();
  // run.cc: copying.
  void LogStartIfLong();
  bool is_full() const { return kind_ == RunKind::kFull || kind_ == RunKind::kRescan; }
  bool FoundNothing() const;
  Result<void> Copy();
  Result<Batch> ReadBatch();
  size_t ReadSize() const;
  // Batches for one commit, and where the source stands behind them.
  struct Group {
    Batch batch;
    std::string since_record;  // Of the since-value; empty: none.
    std::vector<storage::StateChange> source_state;
    size_t batches = 0;
    bool ended = false;  // There is no more.
  };
  Result<Group> Gather();
  Result<Group> NextGroup();
  // Whether the next group is read and transformed while this one is committed.
  bool MayGatherAhead(const Group& group) const;
  Result<Batch> Transform(Batch batch);
  bool WritesSingly() const;
  bool IsFull(const Batch& group, SteadyTime start) const;
  // again.cc: entities that are processed again since what they were joined with has changed.
  Result<void> ProcessAgain();
  Result<Group> GatherAgain();
  Result<void> FollowFully(Error error);
  Result<void> Settle(Batch& group, Checkpoint& checkpoint);
  Result<void> WriteGroup(Group group);
  Result<WriteCounts> WriteOnce(const Batch& batch, const Checkpoint& checkpoint);
  Result<void> StoreCheckpoint(const Checkpoint& checkpoint);
  Checkpoint MakeCheckpoint(bool due, Group& group);
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
  std::unique_ptr<Tracker> tracker_;  // Null where nothing is to be followed.
  std::unique_ptr<WriteErrors> write_errors_;
  int64_t read_retries_ = 0;
  std::optional<Entity> failed_entity_;
  Batch failed_batch_;  // What failed_entity_ views.
  std::shared_ptr<LookupCache> cache_;
  std::vector<storage::StateChange> source_state_;  // Taken from the source, not stored yet.
  std::future<Result<Group>> ahead_;                // Being gathered by a thread of its own.
  bool is_ahead_ = false;                           // Set before that thread begins.
  RunReport report_;
  ExecutionLog log_;
  bool start_logged_ = false;
  SteadyTime started_steady_;
  mutable std::mutex counts_mutex_;
  RunCounts counts_;
};

}  // namespace sluice::pipe
