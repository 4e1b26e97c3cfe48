// Activity: how much is going on, for whoever waits until nothing is.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "base/error.h"
#include "base/stop.h"

namespace sluice::pipe {

// All methods may be called by any thread.
class Activity {
 public:
  void Enter() {
    const std::lock_guard lock(count_mutex_);
    ++count_;
  }
  void Leave() {
    {
      const std::lock_guard lock(count_mutex_);
      --count_;
    }
    changed_.notify_all();
  }
  // Returns when there has been a moment at which nothing went on.
  Result<void> WaitIdle(const Stop& stop) {
    std::unique_lock lock(count_mutex_);
    if (!changed_.wait(lock, stop.token(), [&] { return count_ == 0; })) {
      return MakeError(Code::kCancelled, "stopped");
    }
    return {};
  }

 private:
  std::mutex count_mutex_;
  std::condition_variable_any changed_;
  int64_t count_ = 0;
};

}  // namespace sluice::pipe
