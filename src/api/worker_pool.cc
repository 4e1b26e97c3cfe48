#include "api/worker_pool.h"

#include "base/check.h"

namespace sluice::api {

WorkerPool::WorkerPool(size_t threads_max) : threads_max_(threads_max) {}

WorkerPool::~WorkerPool() { Join(); }

void WorkerPool::Submit(std::function<void()> job) {
  std::lock_guard lock(mutex_);
  SLUICE_CHECK(!joining_);
  jobs_.push_back(std::move(job));
  if (jobs_.size() > idle_ && threads_.size() < threads_max_) {
    threads_.emplace_back([this] { Work(); });
  }
  changed_.notify_one();
}

void WorkerPool::Join() {
  std::vector<std::thread> threads;
  {
    std::lock_guard lock(mutex_);
    joining_ = true;
    threads.swap(threads_);
    changed_.notify_all();
  }
  for (std::thread& thread : threads) thread.join();
}

void WorkerPool::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    changed_.wait(lock, [&] { return !jobs_.empty() || joining_; });
    --idle_;
    if (jobs_.empty()) return;
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // What it holds goes outside the lock.
    lock.lock();
  }
}

}  // namespace sluice::api
