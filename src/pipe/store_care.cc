#include "pipe/store_care.h"

namespace sluice::pipe {
namespace {

constexpr auto kCompactEvery = std::chrono::minutes(10);
constexpr auto kLookEvery = std::chrono::seconds(5);
constexpr const char* kCompactAlarm = "store/compact";
constexpr const char* kSpaceAlarm = "store/space";

}  // namespace

void StoreCare::Start() {
  const std::lock_guard lock(care_mutex_);
  if (started_) return;
  started_ = true;
  stop_ = std::stop_source();
  SetAlarm(kCompactAlarm, kCompactEvery, &StoreCare::Compact);
  SetAlarm(kSpaceAlarm, kLookEvery, &StoreCare::LookAtSpace);
}

// An alarm that rings while the hub ends finds nothing to do, or nobody.
void StoreCare::SetAlarm(const char* alarm, std::chrono::nanoseconds after,
                         void (StoreCare::*what)()) {
  options_.timer->Set(alarm, options_.clock->Steady() + after, [weak = weak_from_this(), what] {
    if (const auto self = weak.lock()) ((*self).*what)();
  });
}

void StoreCare::Stop() {
  std::unique_lock lock(care_mutex_);
  started_ = false;
  options_.timer->Cancel(kCompactAlarm);
  options_.timer->Cancel(kSpaceAlarm);
  stop_.request_stop();
  changed_.wait(lock, [this] { return !compacting_; });
}

void StoreCare::Compact() {
  const std::lock_guard lock(care_mutex_);
  if (!started_) return;
  SetAlarm(kCompactAlarm, kCompactEvery, &StoreCare::Compact);
  if (compacting_) return;
  compacting_ = true;
  options_.executor->Post(
      [self = shared_from_this(), stop = stop_.get_token()] { self->RunCompaction(stop); });
}

void StoreCare::RunCompaction(const std::stop_token& stop) {
  const auto compacted = options_.store->Compact(sluice::Stop(stop));
  if (!compacted.ok() && compacted.error().code != Code::kCancelled)
    options_.log("ERROR", "compaction failed: " + compacted.error().ToText());
  const std::lock_guard lock(care_mutex_);
  compacting_ = false;
  changed_.notify_all();
}

void StoreCare::LookAtSpace() {
  const auto space = options_.store->Space();
  {
    const std::lock_guard lock(care_mutex_);
    if (!started_) return;
    SetAlarm(kSpaceAlarm, kLookEvery, &StoreCare::LookAtSpace);
  }
  // Whoever was refused may have been so between two looks.
  if (!space.stopped) options_.space_is_back();
}

}  // namespace sluice::pipe
