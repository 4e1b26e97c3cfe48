#include "pipe/merge/payload_sorter.h"

#include <algorithm>
#include <cstring>

namespace sluice::pipe::merge {
namespace {

constexpr size_t kReadBytes = 256 * 1024;
// Bytes that every item takes beside its payload.
constexpr size_t kItemBytes = 32;

// In front of each payload in a run.
struct Head {
  PayloadKey key;
  uint64_t size;
};

}  // namespace

Result<void> PayloadSorter::Add(PayloadKey key, std::string_view payload) {
  const size_t used = bytes_.size() + places_.size() * kItemBytes;
  if (!places_.empty() && used + payload.size() + kItemBytes > bytes_max_) SLUICE_TRY(Spill());
  // The whole room at once: growing by doubling would hold it twice.
  if (bytes_.capacity() == 0) bytes_.reserve(std::max(bytes_max_, payload.size()));
  places_.push_back({.key = key, .begin = bytes_.size(), .size = payload.size()});
  bytes_.append(payload);
  return {};
}

void PayloadSorter::SortPlaces() {
  std::ranges::sort(places_, {}, [](const Place& place) { return place.key; });
}

Result<void> PayloadSorter::Spill() {
  if (!file_) {
    SLUICE_TRY(auto file, SpillFile::Make(folder_));
    file_ = std::make_unique<SpillFile>(std::move(file));
  }
  SortPlaces();
  const uint64_t begin = file_->size();
  for (const Place& place : places_) {
    const Head head{.key = place.key, .size = place.size};
    SLUICE_TRY(file_->Append({reinterpret_cast<const char*>(&head), sizeof head}));
    SLUICE_TRY(file_->Append(std::string_view(bytes_).substr(place.begin, place.size)));
  }
  runs_.emplace_back(begin, file_->size());
  places_.clear();
  bytes_.clear();
  return {};
}

Result<void> PayloadSorter::Sort() {
  if (runs_.empty()) {
    SortPlaces();
    return {};
  }
  SLUICE_TRY(Spill());
  SLUICE_TRY(file_->Flush());
  bytes_ = {};
  for (const auto& [begin, end] : runs_) {
    auto source = std::make_unique<Source>(
        Source{.reader = SpillReader(*file_, begin, end, kReadBytes), .key = {}, .payload = {}});
    SLUICE_TRY(const bool any, source->Advance());
    if (any) sources_.push_back(std::move(source));
  }
  std::ranges::make_heap(sources_, After);
  return {};
}

Result<bool> PayloadSorter::Source::Advance() {
  SLUICE_TRY(const std::string_view bytes, reader.Take(sizeof(Head)));
  if (bytes.size() < sizeof(Head)) return false;
  Head head;
  std::memcpy(static_cast<void*>(&head), bytes.data(), sizeof head);
  SLUICE_TRY(const std::string_view taken, reader.Take(head.size));
  key = head.key;
  payload.assign(taken);
  return true;
}

Result<bool> PayloadSorter::Next(Item& item) {
  if (runs_.empty()) {
    if (next_ == places_.size()) return false;
    const Place& place = places_[next_++];
    item = {.key = place.key, .payload = std::string_view(bytes_).substr(place.begin, place.size)};
    return true;
  }
  if (given_) {
    SLUICE_TRY(const bool any, given_->Advance());
    if (any) {
      sources_.push_back(std::move(given_));
      std::ranges::push_heap(sources_, After);
    }
    given_.reset();
  }
  if (sources_.empty()) return false;
  std::ranges::pop_heap(sources_, After);
  given_ = std::move(sources_.back());
  sources_.pop_back();
  item = {.key = given_->key, .payload = given_->payload};
  return true;
}

}  // namespace sluice::pipe::merge
