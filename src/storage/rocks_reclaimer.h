// Reclaimer: gives the disk space of deleted ranges back. Internal to the engine.

#pragma once

#include <rocksdb/db.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "storage/rocks_database.h"

namespace sluice::storage {

// Compacts deleted ranges one after the other on a thread of its own.
class Reclaimer {
 public:
  explicit Reclaimer(std::shared_ptr<RocksDatabase> database)
      : database_(std::move(database)), thread_([this] { Run(); }) {}
  ~Reclaimer() {
    {
      const std::lock_guard lock(ranges_mutex_);
      cancelled_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void Add(Family family, std::string begin, std::string end) {
    const std::lock_guard lock(ranges_mutex_);
    ranges_.push_back({family, std::move(begin), std::move(end)});
    changed_.notify_all();
  }

 private:
  struct Range {
    Family family;
    std::string begin;
    std::string end;
  };

  void Run() {
    std::unique_lock lock(ranges_mutex_);
    while (true) {
      changed_.wait(lock, [&] { return cancelled_ || !ranges_.empty(); });
      if (cancelled_) return;
      const auto range = std::move(ranges_.front());
      ranges_.pop_front();
      if (database_->log_failure->happened()) continue;
      lock.unlock();
      rocksdb::CompactRangeOptions options;
      options.exclusive_manual_compaction = false;
      options.canceled = &cancelled_;
      const rocksdb::Slice begin(range.begin), end(range.end);
      // What this leaves is reclaimed by later compactions: a failure costs space, not data.
      database_->db
          ->CompactRange(options, database_->handles[static_cast<size_t>(range.family)], &begin,
                         &end)
          .PermitUncheckedError();
      lock.lock();
    }
  }

  const std::shared_ptr<RocksDatabase> database_;
  std::mutex ranges_mutex_;
  std::condition_variable changed_;
  std::deque<Range> ranges_;
  std::atomic<bool> cancelled_ = false;
  std::thread thread_;
};

}  // namespace sluice::storage
