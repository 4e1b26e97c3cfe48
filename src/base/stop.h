// Stop: tells what blocks to give up soon.

#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>

namespace sluice {

// A view of a request to stop; cheap to copy, may be read by any thread. What blocks takes one and
// returns Code::kCancelled soon after it is set.
class Stop {
 public:
  Stop() = default;  // Never stops.
  explicit Stop(std::stop_token token) : token_(std::move(token)) {}

  bool IsSet() const { return token_.stop_requested(); }
  const std::stop_token& token() const { return token_; }

  // Waits at most `duration`; true if the stop was set.
  bool WaitFor(std::chrono::nanoseconds duration) const;

 private:
  std::stop_token token_;
};

}  // namespace sluice
