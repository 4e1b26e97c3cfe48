// WorkerPool: threads that run handlers, which may block.

#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sluice::api {

// Starts threads as they are needed, up to a bound; jobs wait in order. The queue is bounded by the
// number of connections, each of which has one job at a time.
class WorkerPool {
 public:
  explicit WorkerPool(size_t threads_max);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // May be called by any thread. A job must not throw.
  void Submit(std::function<void()> job);
  // Runs what was submitted, then ends the threads.
  void Join();

 private:
  void Work();

  const size_t threads_max_;
  std::mutex mutex_;  // Guards all below.
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  size_t idle_ = 0;
  bool joining_ = false;
};

}  // namespace sluice::api
