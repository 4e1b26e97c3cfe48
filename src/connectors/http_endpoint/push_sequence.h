// PushSequence: which request of a full sync may come next (json-push.rst, conflicts).

#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "base/error.h"
#include "pipe/endpoint.h"
#include "pipe/registry.h"

namespace sluice::connectors {

// The protocol's request parameters.
struct PushParameters {
  std::string sequence_id;
  std::string request_id;
  std::string previous_request_id;
  bool is_full = false;
  bool is_first = false;
  bool is_last = false;
};
// kBadRequest where a flag is neither true nor false.
Result<PushParameters> ReadPushParameters(const pipe::EndpointRequest& request);

// The active full sequence of one receiver. It is kept in the pipe's state, so a sequence goes on
// after a restart. May be called by several threads at once.
class PushSequence {
 public:
  explicit PushSequence(pipe::Inlet& inlet) : inlet_(inlet) {}

  // Lets a request of a full sync in and gives the full run it writes to; kConflict if it does not
  // fit, or if another request of a full sync is being received. Each success is followed by Accept
  // or Fail.
  Result<uint64_t> Enter(const PushParameters& parameters);
  // The request's entities are durable. Ends the sequence if it was the last one; the caller has
  // finished the run.
  Result<void> Accept(const PushParameters& parameters);
  // The request failed: the same may come again.
  void Fail();

  // Notes an incremental request; it leaves the active sequence alone, but must not pass for a part
  // of it.
  Result<void> EnterIncremental(const PushParameters& parameters);

 private:
  struct Active {
    std::string sequence_id;
    uint64_t full_run = 0;
    uint64_t requests = 0;        // Accepted so far.
    std::string last_request_id;  // Of the last accepted one.
  };
  static std::string Write(const std::optional<Active>& active);
  static Result<std::optional<Active>> Read(const std::string& state);

  Result<void> Claim();
  Result<void> Load();
  bool GoesOn(const PushParameters& parameters) const;
  Result<void> Check(const PushParameters& parameters) const;
  Result<void> Begin(const PushParameters& parameters);

  pipe::Inlet& inlet_;
  std::mutex
      mutex_;  // Guards the next two; `active_` and `loaded_` belong to whoever has set `busy_`.
  bool busy_ = false;
  std::string incremental_id_;  // The sequence id of the last incremental request.
  bool loaded_ = false;
  std::optional<Active> active_;
};

}  // namespace sluice::connectors
