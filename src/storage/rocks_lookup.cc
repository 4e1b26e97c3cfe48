#include "storage/rocks_lookup.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "storage/rocks_database.h"
#include "storage/rocks_options.h"

namespace sluice::storage {
namespace {

// Values pin the blocks they lie in, so few are held at a time.
constexpr size_t kKeysMax = 128;
constexpr size_t kLanesMax = 4;
// A chunk that takes longer is worth a thread.
constexpr std::chrono::microseconds kSlowChunk(400);

class Chunk {
 public:
  void Read(rocksdb::DB& db, const rocksdb::ReadOptions& options,
            rocksdb::ColumnFamilyHandle* family, std::span<const std::string_view> keys) {
    count_ = keys.size();
    for (size_t i = 0; i < count_; ++i) {
      slices_[i] = ToSlice(keys[i]);
      values_[i].Reset();
    }
    db.MultiGet(options, family, count_, slices_.data(), values_.data(), statuses_.data(), true);
  }

  Result<void> Give(size_t start, const ReadView::Found& found) const {
    for (size_t i = 0; i < count_; ++i) {
      if (statuses_[i].IsNotFound()) continue;
      if (!statuses_[i].ok()) return FromRocksStatus(statuses_[i], "reading the store");
      found(start + i, ToView(values_[i]));
    }
    return {};
  }

 private:
  size_t count_ = 0;
  std::array<rocksdb::Slice, kKeysMax> slices_;
  std::array<rocksdb::PinnableSlice, kKeysMax> values_;
  std::array<rocksdb::Status, kKeysMax> statuses_;
};

size_t Lanes() { return std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kLanesMax); }

}  // namespace

Result<void> LookUp(rocksdb::DB& db, const rocksdb::ReadOptions& options,
                    rocksdb::ColumnFamilyHandle* family, std::span<const std::string_view> keys,
                    const ReadView::Found& found) {
  std::vector<Chunk> chunks(1);
  size_t start = 0;
  while (start < keys.size()) {
    const size_t lanes = std::min(chunks.size(), (keys.size() - start + kKeysMax - 1) / kKeysMax);
    const auto keys_of = [&](size_t lane) {
      const auto rest = keys.subspan(start + lane * kKeysMax);
      return rest.first(std::min(kKeysMax, rest.size()));
    };
    std::vector<std::future<void>> others;
    for (size_t lane = 1; lane < lanes; ++lane) {
      others.push_back(std::async(std::launch::async, [&, lane] {
        chunks[lane].Read(db, options, family, keys_of(lane));
      }));
    }
    const SteadyTime begin = SystemClock().Steady();
    chunks[0].Read(db, options, family, keys_of(0));
    const bool slow = SystemClock().Steady() - begin > kSlowChunk;
    for (auto& other : others) other.get();
    for (size_t lane = 0; lane < lanes; ++lane) {
      SLUICE_TRY(chunks[lane].Give(start + lane * kKeysMax, found));
    }
    start += lanes * kKeysMax;
    // PinnableSlice is not copied: the chunks are made anew.
    if (slow != (chunks.size() > 1)) chunks = std::vector<Chunk>(slow ? Lanes() : 1);
  }
  return {};
}

}  // namespace sluice::storage
