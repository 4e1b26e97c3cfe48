#include "pipe/merge/connecting.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "value/hash_bytes.h"
#include "value/relations.h"

namespace sluice::pipe::merge {
namespace {

constexpr size_t kPostBytes = 64 << 20;
constexpr size_t kEdgeBytes = 64 << 20;
constexpr size_t kSmallBytes = 16 << 20;
constexpr size_t kEntitiesAtOnce = 1000;
constexpr size_t kMostUsed = 20;
// The store is read by as many threads as there are cores, up to so many.
constexpr size_t kThreadsMax = 4;
constexpr storage::Offset kStretchOffsets = 50'000;

bool UsedLess(const ValueUse& a, const ValueUse& b) { return a.entities > b.entities; }

}  // namespace

Hash128 KeyHash(size_t rule, const Value& value, std::string& bytes) {
  bytes.assign(reinterpret_cast<const char*>(&rule), sizeof rule);
  AppendEqualityKey(value, bytes);
  return HashBytes(bytes);
}

Connecting::Connecting(const MergeSetup& setup, std::shared_ptr<const storage::Snapshot> snapshot,
                       std::vector<Input> inputs)
    : setup_(setup),
      snapshot_(std::move(snapshot)),
      inputs_(std::move(inputs)),
      components_(setup.spill_folder, kEdgeBytes) {}

Result<Connected> Connecting::Run(const Stop& stop) {
  SLUICE_TRY(ReadAll(stop));
  SLUICE_TRY(Join(stop));
  for (Part& part : parts_) part.posts.reset();
  SLUICE_TRY(connected_.belongings, components_.Connect(stop));
  if (!parts_.empty() && parts_[0].ids) SLUICE_TRY(FindSharedIds());
  return std::move(connected_);
}

// In pieces of about the same size, so that no thread waits long for the others at the end.
Result<std::vector<Connecting::Stretch>> Connecting::Stretches() const {
  std::vector<Stretch> stretches;
  for (const Input& input : inputs_) {
    SLUICE_TRY(const auto info, snapshot_->FindDataset(input.number));
    const storage::Offset end = info ? info->next_offset : 0;
    for (storage::Offset from = 0; from < end; from += kStretchOffsets) {
      stretches.push_back({input, from, std::min(from + kStretchOffsets, end)});
    }
  }
  return stretches;
}

Result<void> Connecting::ReadAll(const Stop& stop) {
  SLUICE_TRY(const auto stretches, Stretches());
  const size_t threads = std::clamp<size_t>(std::thread::hardware_concurrency(), 1,
                                            std::clamp<size_t>(stretches.size(), 1, kThreadsMax));
  const bool wants_ids =
      setup_.combine.identity == Identity::kFirst && setup_.rules.datasets().size() > 1;
  for (size_t i = 0; i < threads; ++i) {
    Part& part = parts_.emplace_back();
    part.posts = std::make_unique<Posts>(setup_.spill_folder, kPostBytes / threads);
    if (wants_ids) part.ids = std::make_unique<Posts>(setup_.spill_folder, kSmallBytes / threads);
  }
  std::atomic<size_t> next = 0;
  const auto work = [&](Part& part) -> Result<void> {
    for (size_t i = next++; i < stretches.size(); i = next++) {
      SLUICE_TRY(ReadStretch(stretches[i], part, stop));
    }
    SLUICE_TRY(part.posts->Sort());
    return part.ids ? part.ids->Sort() : Result<void>();
  };
  std::vector<std::future<Result<void>>> others;
  for (size_t i = 1; i < threads; ++i) {
    others.push_back(std::async(std::launch::async, work, std::ref(parts_[i])));
  }
  Result<void> done = work(parts_[0]);
  for (auto& other : others) {
    auto ended = other.get();
    if (done.ok()) done = std::move(ended);
  }
  for (const Part& part : parts_) connected_.counts.Add(part.counts);
  return done;
}

Result<void> Connecting::ReadStretch(const Stretch& stretch, Part& part, const Stop& stop) const {
  SLUICE_TRY(auto log,
             snapshot_->ReadLog(stretch.input.number, {.from = stretch.from, .to = stretch.to}));
  Arena arena;
  std::vector<Entity> entities;
  std::string bytes;
  while (true) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
    arena.Clear();
    entities.clear();
    SLUICE_TRY(log->Next(kEntitiesAtOnce, arena, entities));
    if (entities.empty()) return {};
    for (const Entity& entity : entities) {
      const uint64_t place = PlaceNumber(stretch.input.place, merge::OffsetOf(entity));
      if (part.ids) SLUICE_TRY(part.ids->Add({HashBytes(entity.id()), place}));
      if (entity.deleted) continue;
      for (const RuleKey& key :
           setup_.rules.KeysOf(stretch.input.place, entity, arena, &part.counts)) {
        SLUICE_TRY(part.posts->Add({KeyHash(key.rule, key.value, bytes), place}));
      }
    }
  }
}

void Connecting::NoteUse(const ValueUse& use) {
  auto& most = connected_.most_used;
  if (most.size() == kMostUsed && use.entities <= most.back().entities) return;
  most.insert(std::ranges::upper_bound(most, use, UsedLess), use);
  if (most.size() > kMostUsed) most.pop_back();
}

// Joins those who have a value, where entities of two datasets have it.
Result<void> Connecting::Join(const Stop& stop) {
  SortedTogether<Post> posts;
  for (const Part& part : parts_) SLUICE_TRY(posts.Add(part.posts.get()));
  std::vector<uint64_t> waiting;  // Of the first dataset, until another one has the value too.
  bool is_over = false;
  ValueUse use;
  uint64_t first = 0, last = 0;
  const auto end_value = [&] {
    if (use.entities > 1 && DatasetOf(last) != DatasetOf(first)) NoteUse(use);
  };
  Post post;
  while (true) {
    SLUICE_TRY(const bool more, posts.Next(post));
    if (!more) break;
    if (use.entities == 0 || post.hash != use.hash) {
      end_value();
      use = {.entities = 1, .place = post.place, .hash = post.hash};
      first = last = post.place;
      waiting.clear();
      is_over = false;
      if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
      continue;
    }
    if (post.place == last) continue;
    ++use.entities;
    last = post.place;
    if (DatasetOf(post.place) == DatasetOf(first)) {
      // More than may be merged: nothing is joined, or it is an error.
      is_over = is_over || waiting.size() >= setup_.members_max;
      if (!is_over) waiting.push_back(post.place);
      continue;
    }
    if (is_over) return TooManyMembers(setup_.members_max, "what a value brings together");
    for (const uint64_t place : waiting) SLUICE_TRY(components_.Join(first, place));
    waiting.clear();
    SLUICE_TRY(components_.Join(first, post.place));
  }
  end_value();
  return {};
}

// Entities of one id, by place, with the id's hash; those of unique ids are left out.
Result<std::unique_ptr<Connecting::Posts>> Connecting::Overlaps() {
  // The hash's place and the place change roles: sorted by place first.
  auto overlaps = std::make_unique<Posts>(setup_.spill_folder, kSmallBytes);
  SortedTogether<Post> ids;
  for (const Part& part : parts_) SLUICE_TRY(ids.Add(part.ids.get()));
  Post post, last;
  bool any = false, is_added = false;
  const auto add = [&](const Post& from) {
    return overlaps->Add({.hash = {.low = from.place, .high = 0}, .place = from.hash.low});
  };
  while (true) {
    SLUICE_TRY(const bool more, ids.Next(post));
    if (!more) break;
    if (any && post.hash == last.hash) {
      if (!is_added) SLUICE_TRY(add(last));
      SLUICE_TRY(add(post));
      is_added = true;
    } else {
      is_added = false;
    }
    any = true;
    last = post;
  }
  SLUICE_TRY(overlaps->Sort());
  return overlaps;
}

// Of entities with one id those matter that are in different groups.
Result<void> Connecting::FindSharedIds() {
  SLUICE_TRY(auto overlaps, Overlaps());
  parts_.clear();
  Posts claims(setup_.spill_folder, kSmallBytes);  // The id's hash and the group; the place.
  Belonging belonging;
  SLUICE_TRY(bool has_belonging, connected_.belongings->Next(belonging));
  Post overlap;
  while (true) {
    SLUICE_TRY(const bool more, overlaps->Next(overlap));
    if (!more) break;
    const uint64_t place = overlap.hash.low;
    while (has_belonging && belonging.node < place) {
      SLUICE_TRY(has_belonging, connected_.belongings->Next(belonging));
    }
    const uint64_t root = has_belonging && belonging.node == place ? belonging.root : place;
    SLUICE_TRY(claims.Add({.hash = {.low = overlap.place, .high = root}, .place = place}));
  }
  SLUICE_TRY(connected_.belongings->Rewind());
  SLUICE_TRY(claims.Sort());
  connected_.shared_ids =
      std::make_unique<RecordSorter<uint64_t>>(setup_.spill_folder, kSmallBytes);
  // Those of the first group wait until another one has the id too: an id stands once in a dataset.
  std::vector<uint64_t> waiting;
  Post claim, first;
  bool any = false;
  while (true) {
    SLUICE_TRY(const bool more, claims.Next(claim));
    if (!more) break;
    if (!any || claim.hash.low != first.hash.low) {
      first = claim;
      waiting = {claim.place};
      any = true;
      continue;
    }
    if (claim.hash.high == first.hash.high) {
      waiting.push_back(claim.place);
      continue;
    }
    for (const uint64_t place : waiting) SLUICE_TRY(connected_.shared_ids->Add(place));
    waiting.clear();
    first.hash.high = UINT64_MAX;  // All that follow are of other groups than one before.
    SLUICE_TRY(connected_.shared_ids->Add(claim.place));
  }
  return connected_.shared_ids->Sort();
}

}  // namespace sluice::pipe::merge
