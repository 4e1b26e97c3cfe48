#include "base/stop.h"

namespace sluice {

bool Stop::WaitFor(std::chrono::nanoseconds duration) const {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, token_, duration, [] { return false; });
  return IsSet();
}

}  // namespace sluice
