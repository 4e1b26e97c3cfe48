// StoreCare: what the scheduler does for the store itself: compaction, and looking whether a disk
// that was full has room again.

#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string_view>

#include "base/clock.h"
#include "pipe/executor.h"
#include "pipe/timer.h"
#include "storage/store.h"

namespace sluice::pipe {

struct StoreCareOptions {
  storage::Store* store = nullptr;
  const Clock* clock = nullptr;
  Timer* timer = nullptr;
  Executor* executor = nullptr;  // Where compaction runs.
  std::function<void(std::string_view level, std::string_view message)> log = {};
  // Called every few seconds while writers may go on, for those that were refused before.
  std::function<void()> space_is_back = {};
};

// Commits compact as they go; what they leave (a hold that was released, a number of versions that
// was lowered, system datasets that nobody writes) goes every ten minutes. May be used by several
// threads; must be stopped before what it uses ends.
class StoreCare : public std::enable_shared_from_this<StoreCare> {
 public:
  explicit StoreCare(StoreCareOptions options) : options_(std::move(options)) {}
  StoreCare(const StoreCare&) = delete;
  StoreCare& operator=(const StoreCare&) = delete;

  void Start();
  // Ends a compaction that goes on, between two steps of it, and returns when it has ended.
  void Stop();
  // Begins a compaction now, unless one goes on.
  void Compact();

 private:
  // The caller holds the mutex.
  void SetAlarm(const char* alarm, std::chrono::nanoseconds after, void (StoreCare::*what)());
  void LookAtSpace();
  void RunCompaction(const std::stop_token& stop);

  const StoreCareOptions options_;
  std::mutex care_mutex_;
  std::condition_variable changed_;
  std::stop_source stop_;
  bool started_ = false;
  bool compacting_ = false;
};

}  // namespace sluice::pipe
