// CircuitBreaker: keeps what a run writes out of its dataset until the run has come to its end, so
// that a run that changes too much exposes nothing (features/circuit-breakers.rst).

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/stop.h"
#include "pipe/breaker/uncommitted.h"
#include "pipe/dataset_sink.h"

namespace sluice::pipe {

// One run's. Used by one thread at a time. Each Stage is one commit of entities and checkpoint, so
// a run that fails is gone on with, and what it wrote stays uncommitted until a run has ended.
class CircuitBreaker {
 public:
  // Null where the sink asks for none, or where the dataset is empty or not populated and nothing
  // is uncommitted. `anew`: a full run begins, which writes again what is uncommitted of a run
  // before. kConflict where it has tripped.
  static Result<std::unique_ptr<CircuitBreaker>> Open(const DatasetSink& sink,
                                                      const storage::DatasetInfo& info,
                                                      std::optional<uint64_t> full_run, bool anew,
                                                      const Stop& stop);

  // Keeps what would change the dataset, with the checkpoint. kConflict once that is more than the
  // limit: it is kept all the same, and the breaker has tripped.
  Result<storage::CommitReceipt> Stage(std::span<const storage::Append> appends,
                                       DatasetWrite write);
  // Before a full run ends with `end`: kConflict, and tripped, where its deletions are too many.
  Result<void> CheckEnd(const storage::Store::FullRunOptions& end);
  // Puts everything into the dataset.
  Result<void> Commit(const Stop& stop);
  Result<void> Trip(std::string_view message);

 private:
  CircuitBreaker(const DatasetSink& sink, uint64_t limit, bool is_stored, Uncommitted uncommitted)
      : sink_(sink),
        pipe_(sink.options().pipe),
        limit_(limit),
        is_stored_(is_stored),
        uncommitted_(std::move(uncommitted)) {}

  class Batch;
  Error Tripped() const;
  std::string TooMany(uint64_t entities) const;

  const DatasetSink& sink_;
  const std::string pipe_;
  const uint64_t limit_;
  bool is_stored_;  // Whether the store has anything of uncommitted_.
  Uncommitted uncommitted_;
};

// Why the pipe's breaker has tripped; nothing where it has not.
Result<std::optional<std::string>> FindTripped(const storage::Store& store, std::string_view pipe);
// Holds all of the dataset's versions while the pipe's breaker has tripped.
Result<void> HoldWhileTripped(storage::Store& store, std::string_view pipe);

// What people decide; no run of the pipe goes on meanwhile. kConflict where it has not tripped.
// Interrupted, they are gone on with by calling them again, or by the next run.
Result<void> CommitTripped(storage::Store& store, std::string_view pipe, const Stop& stop);
// The pipe goes back to where the run began. Where it keeps more than an offset (merged groups,
// recorded keys, tracking offsets that a full run has left behind) its next run is a full one.
Result<void> RollbackTripped(storage::Store& store, std::string_view pipe);

}  // namespace sluice::pipe
