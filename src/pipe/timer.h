// Timer: calls back when a clock says so.

#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"

namespace sluice::pipe {

// One thread; callbacks must be quick and may set and cancel alarms. A test's own clock is looked
// at when Tick is called. All methods may be called by any thread.
class Timer {
 public:
  // Whether it looks at the clock by itself, or only when Tick is called.
  enum class Watch { kOwnThread, kTickOnly };
  explicit Timer(const Clock& clock, Watch watch = Watch::kOwnThread);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // One alarm for each key: another one takes its place.
  void Set(const std::string& key, SteadyTime due, std::function<void()> callback);
  void Cancel(const std::string& key);
  // Calls what is due, on the calling thread, and lets the thread look at the clock again. When it
  // returns, what the thread was calling has returned too. Not to be called by a callback.
  void Tick();
  // When the next alarm is due; nothing if none is set.
  std::optional<SteadyTime> NextDue() const;

 private:
  struct Alarm {
    SteadyTime due;
    std::function<void()> callback;
  };
  void Work();
  std::function<void()> TakeDue();

  const Clock& clock_;
  mutable std::mutex alarms_mutex_;
  std::condition_variable changed_;
  std::map<std::string, Alarm> alarms_;
  std::multimap<SteadyTime, std::string> order_;
  bool is_calling_ = false;  // The own thread.
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace sluice::pipe
