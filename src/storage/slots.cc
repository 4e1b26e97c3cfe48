#include "storage/slots.h"

#include <algorithm>

#include "storage/codec.h"
#include "storage/keys.h"

namespace sluice::storage {
namespace {

// A key without the start that all of a commit share: ids mostly begin alike. Most comparisons are
// decided by its first bytes as a number.
struct SortKey {
  uint64_t prefix;
  uint32_t append;
  std::string_view rest;

  bool operator<(const SortKey& other) const {
    if (prefix != other.prefix) return prefix < other.prefix;
    const int order = rest.compare(other.rest);
    return order != 0 ? order < 0 : append < other.append;
  }
};

uint64_t PrefixOf(std::string_view rest) {
  char bytes[8] = {};
  std::memcpy(bytes, rest.data(), std::min(rest.size(), sizeof bytes));
  return LoadBigEndian<uint64_t>({bytes, sizeof bytes});
}

size_t SharedBytes(std::string_view a, std::string_view b, size_t bytes_max) {
  size_t shared = 0;
  while (shared < bytes_max && shared < b.size() && a[shared] == b[shared]) ++shared;
  return shared;
}

}  // namespace

Result<Slots> Slots::Make(const ReadView& view, DatasetNumber dataset,
                          std::span<const Append> appends, bool dataset_empty, IdFilter* filter) {
  Slots slots;
  SLUICE_TRY(slots.Group(dataset, appends));
  std::vector<bool> known;
  if (filter) {
    std::vector<std::string_view> keys;
    keys.reserve(slots.slots_.size());
    for (const auto& slot : slots.slots_) keys.push_back(slot.key);
    known = filter->AddAll(keys);
  }
  if (dataset_empty) return slots;
  std::vector<size_t> places;
  places.reserve(slots.slots_.size());
  for (size_t i = 0; i < slots.slots_.size(); ++i) {
    if (!filter || known[i]) places.push_back(i);
  }
  SLUICE_TRY(slots.ReadBefore(view, appends, places));
  return slots;
}

Result<void> Slots::Group(DatasetNumber dataset, std::span<const Append> appends) {
  size_t bytes = 0;
  for (const auto& append : appends) {
    const size_t id_bytes = IsLongId(append.id) ? kIdBytesInKey + 16 : append.id.size();
    bytes += kDatasetPrefixBytes + id_bytes;
  }
  // Large enough to lie on the heap, so that the bytes stay where they are also when this is moved.
  keys_.reserve(std::max<size_t>(bytes, 64));
  std::vector<SortKey> order;
  order.reserve(appends.size());
  size_t shared = SIZE_MAX;
  for (uint32_t i = 0; i < appends.size(); ++i) {
    const size_t start = keys_.size();
    AppendBigEndian(dataset, keys_);
    AppendIdKey(appends[i].id, keys_);
    const std::string_view key(keys_.data() + start, keys_.size() - start);
    shared = i == 0 ? key.size() : SharedBytes(order[0].rest, key, shared);
    order.push_back({0, i, key});
  }
  for (auto& item : order) {
    item.rest.remove_prefix(shared);
    item.prefix = PrefixOf(item.rest);
  }
  std::sort(order.begin(), order.end());

  slot_of_append_.resize(appends.size());
  slots_.reserve(order.size());
  const Append* first_of_slot = nullptr;
  for (const auto& item : order) {
    const auto& append = appends[item.append];
    const std::string_view key(item.rest.data() - shared, item.rest.size() + shared);
    if (slots_.empty() || slots_.back().key != key) {
      slots_.push_back({.key = key, .before = {}, .now = {}});
      first_of_slot = &append;
    } else if (append.id != first_of_slot->id) {
      return MakeError(Code::kBadData, "two ids over {} bytes have the same hash: \"{}…\"",
                       kIdBytesInKey, append.id.substr(0, kIdBytesInKey));
    }
    slot_of_append_[item.append] = static_cast<uint32_t>(slots_.size() - 1);
  }
  return {};
}

Result<void> Slots::ReadBefore(const ReadView& view, std::span<const Append> appends,
                               std::span<const size_t> places) {
  std::vector<std::string_view> keys;
  keys.reserve(places.size());
  for (const size_t place : places) keys.push_back(slots_[place].key);
  Result<void> parsed;
  SLUICE_TRY(view.MultiGet(Family::kLatest, keys, [&](size_t key, std::string_view value) {
    const size_t i = places[key];
    auto latest = ParseLatest(value);
    if (!latest.ok()) {
      if (parsed.ok()) parsed = latest.TakeError();
      return;
    }
    any_before_ = true;
    ++count_before_;
    slots_[i].before = *latest;
    if (!latest->long_id.empty())
      slots_[i].before->long_id = long_ids_.emplace_back(latest->long_id);
  }));
  SLUICE_TRY(std::move(parsed));
  for (size_t i = 0; i < appends.size(); ++i) {
    const auto& before = slots_[slot_of_append_[i]].before;
    if (before && IsLongId(appends[i].id) && before->long_id != appends[i].id) {
      return MakeError(Code::kBadData,
                       "the id \"{}…\" has the same hash as another one over {} bytes",
                       appends[i].id.substr(0, kIdBytesInKey), kIdBytesInKey);
    }
  }
  for (auto& slot : slots_) slot.now = slot.before;
  return {};
}

}  // namespace sluice::storage
