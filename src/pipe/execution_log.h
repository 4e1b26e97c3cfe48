// The execution log of a pipe: the dataset system:pump_execution:PIPE (pump-execution.rst).

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "pipe/status.h"
#include "storage/store.h"
#include "value/value.h"

namespace sluice::pipe {

class DictBuilder;

// "system:pump_execution:PIPE".
std::string ExecutionLogName(std::string_view pipe);
// "2026-11-23T02:00:00.123456Z".
std::string TimestampText(WallTime at);

// A write that failed and may be tried again, as the log holds it.
struct WriteError {
  std::string id;      // Of the entity.
  std::string record;  // The entity (value/record.h), as it was sent to the sink.
  int64_t retry_attempts = 0;
  bool retryable = true;
  bool resolved = false;
  bool dead = false;
  bool unreachable = false;  // error_code 0: the target could not be reached at all.
  std::string message;
};

// How a run ended, beside what the report says.
struct RunEnd {
  const RunReport* report = nullptr;
  std::optional<double> next_interval_s;
  bool retry_entities_exist = false;
  const Entity* exception_entity = nullptr;
};

// Writes one pipe's log. Used by one thread at a time.
class ExecutionLog {
 public:
  ExecutionLog(storage::Store& store, const Clock& clock, Random& random, std::string pipe)
      : store_(store), clock_(clock), random_(random), pipe_(std::move(pipe)) {}

  Result<void> Started(WallTime start, RunKind kind, const User& user);
  // Writes pump-started before it where Started was not called for this run.
  Result<void> Ended(const RunEnd& end, const User& user);
  Result<void> ReadError(const Error& error, bool unreachable);
  Result<void> WriteFailed(const WriteError& error);
  Result<void> OffsetSet(std::string_view offset, std::string_view before, bool is_reset,
                         const User& user);
  Result<void> Switched(bool enabled, std::string_view comment, const User& user);
  // An event that has only its type, time and user: "pump-discard-retries", ….
  Result<void> Note(std::string_view event_type, const User& user);

  // Errors that wait to be tried again, at most `errors_max`, and how many there are.
  struct Pending {
    std::vector<WriteError> errors;
    uint64_t total = 0;
  };
  Result<Pending> PendingErrors(size_t errors_max) const;

 private:
  Result<storage::DatasetNumber> Open();
  Result<storage::Offset> Write(const std::vector<Value>& entities);
  DictBuilder Event(Arena& arena, std::string_view id, std::string_view type) const;
  void AddUser(DictBuilder& event, const User& user, Arena& arena) const;
  Value StartedEvent(WallTime start, RunKind kind, const User& user, Arena& arena) const;
  Value EndedEvent(const RunEnd& end, storage::Offset started_at, Arena& arena) const;

  storage::Store& store_;
  const Clock& clock_;
  Random& random_;
  std::string pipe_;
  std::optional<storage::Offset> started_at_;  // Of the run that goes on.
};

}  // namespace sluice::pipe
