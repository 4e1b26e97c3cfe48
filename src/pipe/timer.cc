#include "pipe/timer.h"

#include <algorithm>

namespace sluice::pipe {
namespace {

// A clock of a test may move without telling us.
constexpr auto kLookAgain = std::chrono::seconds(60);

void EraseFrom(std::multimap<SteadyTime, std::string>& order, SteadyTime due,
               const std::string& key) {
  const auto [first, last] = order.equal_range(due);
  const auto found =
      std::find_if(first, last, [&](const auto& item) { return item.second == key; });
  if (found != last) order.erase(found);
}

}  // namespace

Timer::Timer(const Clock& clock, Watch watch) : clock_(clock) {
  if (watch == Watch::kOwnThread) thread_ = std::thread([this] { Work(); });
}

Timer::~Timer() {
  {
    const std::lock_guard lock(alarms_mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Timer::Set(const std::string& key, SteadyTime due, std::function<void()> callback) {
  {
    const std::lock_guard lock(alarms_mutex_);
    const auto found = alarms_.find(key);
    if (found != alarms_.end()) EraseFrom(order_, found->second.due, key);
    alarms_[key] = {due, std::move(callback)};
    order_.emplace(due, key);
    if (order_.begin()->second != key) return;
  }
  changed_.notify_all();
}

void Timer::Cancel(const std::string& key) {
  const std::lock_guard lock(alarms_mutex_);
  const auto found = alarms_.find(key);
  if (found == alarms_.end()) return;
  EraseFrom(order_, found->second.due, key);
  alarms_.erase(found);
}

// Called with the mutex held.
std::function<void()> Timer::TakeDue() {
  if (order_.empty() || order_.begin()->first > clock_.Steady()) return nullptr;
  const auto found = alarms_.find(order_.begin()->second);
  auto callback = std::move(found->second.callback);
  alarms_.erase(found);
  order_.erase(order_.begin());
  return callback;
}

std::optional<SteadyTime> Timer::NextDue() const {
  const std::lock_guard lock(alarms_mutex_);
  return order_.empty() ? std::nullopt : std::optional(order_.begin()->first);
}

void Timer::Tick() {
  while (true) {
    std::function<void()> callback;
    {
      const std::lock_guard lock(alarms_mutex_);
      callback = TakeDue();
    }
    if (!callback) break;
    callback();
  }
  changed_.notify_all();
  std::unique_lock lock(alarms_mutex_);
  changed_.wait(lock, [this] { return !is_calling_; });
}

void Timer::Work() {
  std::unique_lock lock(alarms_mutex_);
  while (!ending_) {
    if (auto callback = TakeDue()) {
      is_calling_ = true;
      lock.unlock();
      callback();
      lock.lock();
      is_calling_ = false;
      changed_.notify_all();
      continue;
    }
    if (order_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto left = order_.begin()->first - clock_.Steady();
    changed_.wait_for(lock, std::min<std::chrono::nanoseconds>(left, kLookAgain));
  }
}

}  // namespace sluice::pipe
