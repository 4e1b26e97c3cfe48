#include "pipe/executor.h"

#include <utility>

namespace sluice::pipe {

Executor::~Executor() {
  {
    const std::lock_guard lock(queue_mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Executor::Post(std::function<void()> work) {
  {
    const std::lock_guard lock(queue_mutex_);
    queue_.push_back(std::move(work));
    if (idle_ < queue_.size() && threads_.size() < threads_max_) {
      threads_.emplace_back([this] { Work(); });
    }
  }
  changed_.notify_one();
}

bool Executor::RunOne() {
  std::function<void()> work;
  {
    const std::lock_guard lock(queue_mutex_);
    if (queue_.empty()) return false;
    work = std::move(queue_.front());
    queue_.pop_front();
  }
  work();
  return true;
}

void Executor::Work() {
  std::unique_lock lock(queue_mutex_);
  while (true) {
    if (queue_.empty()) {
      if (ending_) return;
      ++idle_;
      changed_.wait(lock);
      --idle_;
      continue;
    }
    auto work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
}

}  // namespace sluice::pipe
