// What a run does about writes that fail: smaller batches, retries, dead letters
// (configuration-pump.rst).

#pragma once

#include <functional>
#include <map>
#include <string>

#include "pipe/compiled_pipe.h"
#include "pipe/execution_log.h"
#include "pipe/run.h"

namespace sluice::pipe {

// Used by the run's thread.
class WriteErrors {
 public:
  // Writes one batch with a checkpoint; what fails here is a write error.
  using Write = std::function<Result<WriteCounts>(const Batch&, const Checkpoint&)>;

  WriteErrors(const CompiledPipe& pipe, RunServices services, Write write);

  // Reads what waits to be tried again, and tries it.
  Result<WriteCounts> RetryPending(const Stop& stop);
  // Writes a batch. Entities that fail are noted for later where the pump allows it; else the first
  // error comes back. The checkpoint goes with the last part that is written.
  Result<WriteCounts> WriteBatch(const Batch& batch, const Checkpoint& checkpoint,
                                 const Stop& stop);

  uint64_t failed() const { return failed_; }
  uint64_t retried() const { return retried_; }
  bool pending() const { return !pending_.empty(); }
  // The entity of the error that ended the run; null if it is not known.
  const Entity* culprit() const { return culprit_; }

 private:
  Result<WriteCounts> WriteSingly(const Batch& batch, const Checkpoint& checkpoint,
                                  const Error& batch_error, const Stop& stop);
  // An error that ends the run, or nothing where the entity was noted.
  Result<void> Note(const Entity& entity, const Error& error, const Stop& stop);
  Result<void> Resolve(const Batch& batch);
  Result<void> GiveUp(WriteError error);
  RetrySettings Settings(const Error& error) const;

  const CompiledPipe& pipe_;
  RunServices services_;
  Write write_;
  ExecutionLog log_;
  std::map<std::string, WriteError> pending_;  // By entity id.
  int64_t consecutive_ = 0;
  uint64_t failed_ = 0;
  uint64_t retried_ = 0;
  const Entity* culprit_ = nullptr;
};

}  // namespace sluice::pipe
