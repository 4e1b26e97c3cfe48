#include "api/inbox.h"

#include <algorithm>

#include "base/check.h"

namespace sluice::api {
namespace {

// What the handler gets at once at most; the rest of the ring can be filled meanwhile.
constexpr size_t kLentBytesMax = 256 * 1024;

}  // namespace

Inbox::Inbox(size_t bytes, std::function<void()> space_freed)
    : capacity_(bytes), ring_(new char[bytes]), space_freed_(std::move(space_freed)) {}

std::span<char> Inbox::Space() {
  std::lock_guard lock(mutex_);
  const size_t free = capacity_ - size_;
  space_wanted_ = free == 0;
  if (free == 0) return {};
  const size_t end = (start_ + size_) % capacity_;
  return {ring_.get() + end, std::min(free, capacity_ - end)};
}

void Inbox::Fill(size_t bytes) {
  if (bytes == 0) return;
  std::lock_guard lock(mutex_);
  size_ += bytes;
  SLUICE_CHECK(size_ <= capacity_);
  filled_.notify_one();
}

void Inbox::End() {
  std::lock_guard lock(mutex_);
  ended_ = true;
  filled_.notify_one();
}

void Inbox::Fail(Error error) {
  std::lock_guard lock(mutex_);
  if (!ended_ && !failure_) failure_ = std::move(error);
  filled_.notify_one();
}

size_t Inbox::size() {
  std::lock_guard lock(mutex_);
  return size_;
}

Result<std::string_view> Inbox::Read(const Stop& stop) {
  std::unique_lock lock(mutex_);
  start_ = (start_ + lent_) % capacity_;
  size_ -= lent_;
  const bool wake = lent_ != 0 && space_wanted_;
  lent_ = 0;
  if (wake) {
    space_wanted_ = false;
    lock.unlock();
    space_freed_();
    lock.lock();
  }
  filled_.wait(lock, stop.token(), [&] { return size_ != 0 || ended_ || failure_; });
  if (size_ != 0) {
    lent_ = std::min({size_, capacity_ - start_, kLentBytesMax});
    return std::string_view(ring_.get() + start_, lent_);
  }
  if (failure_) return *failure_;
  if (ended_) return std::string_view();
  return MakeError(Code::kCancelled, "the hub is stopping");
}

}  // namespace sluice::api
