// Executor: threads that run pieces of work in the order in which they came.

#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sluice::pipe {

// Threads are made when they are needed, up to the maximum. With none, work waits until somebody
// calls RunOne: a simulation runs a whole hub on its own thread. All methods may be called by any
// thread.
class Executor {
 public:
  explicit Executor(size_t threads_max) : threads_max_(threads_max) {}
  // Runs what is queued, and returns when all of it is done; without threads drops it.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  void Post(std::function<void()> work);
  // Runs the piece that came first on the calling thread; false if there was none.
  bool RunOne();

 private:
  void Work();

  const size_t threads_max_;
  std::mutex queue_mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  std::vector<std::thread> threads_;
  size_t idle_ = 0;
  bool ending_ = false;
};

}  // namespace sluice::pipe
