// The clock as an interface: a test holds time still.

#pragma once

#include <chrono>
#include <cstdint>

namespace sluice {

// Nanoseconds since 1970-01-01T00:00:00Z.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;
// Never goes back; no meaning outside this process.
using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  // May be called by any thread.
  virtual WallTime Now() const = 0;
  virtual SteadyTime Steady() const = 0;
};

// The machine's clock.
const Clock& SystemClock();

}  // namespace sluice
