#include "pipe/merge/connecting.h"

#include <algorithm>

#include "value/hash_bytes.h"
#include "value/relations.h"

namespace sluice::pipe::merge {
namespace {

constexpr size_t kPostBytes = 64 << 20;
constexpr size_t kEdgeBytes = 64 << 20;
constexpr size_t kSmallBytes = 16 << 20;
constexpr size_t kEntitiesAtOnce = 1000;
constexpr size_t kMostUsed = 20;

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
      posts_(std::make_unique<Posts>(setup.spill_folder, kPostBytes)),
      components_(setup.spill_folder, kEdgeBytes) {
  if (setup.combine.identity == Identity::kFirst && setup.rules.datasets().size() > 1) {
    ids_ = std::make_unique<Posts>(setup.spill_folder, kSmallBytes);
  }
}

Result<Connected> Connecting::Run(const Stop& stop) {
  for (const Input& input : inputs_) SLUICE_TRY(Read(input, stop));
  SLUICE_TRY(Join(stop));
  posts_.reset();
  SLUICE_TRY(connected_.belongings, components_.Connect(stop));
  if (ids_) SLUICE_TRY(FindSharedIds());
  return std::move(connected_);
}

Result<void> Connecting::Read(const Input& input, const Stop& stop) {
  SLUICE_TRY(auto log, snapshot_->ReadLog(input.number, {}));
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
      const uint64_t place = PlaceNumber(input.place, merge::OffsetOf(entity));
      if (ids_) SLUICE_TRY(ids_->Add({HashBytes(entity.id()), place}));
      if (entity.deleted) continue;
      for (const RuleKey& key :
           setup_.rules.KeysOf(input.place, entity, arena, &connected_.counts)) {
        SLUICE_TRY(posts_->Add({KeyHash(key.rule, key.value, bytes), place}));
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
  SLUICE_TRY(posts_->Sort());
  std::vector<uint64_t> waiting;  // Of the first dataset, until another one has the value too.
  bool is_over = false;
  ValueUse use;
  uint64_t first = 0, last = 0;
  const auto end_value = [&] {
    if (use.entities > 1 && DatasetOf(last) != DatasetOf(first)) NoteUse(use);
  };
  Post post;
  while (true) {
    SLUICE_TRY(const bool more, posts_->Next(post));
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
  SLUICE_TRY(ids_->Sort());
  Post post, last;
  bool any = false, is_added = false;
  const auto add = [&](const Post& from) {
    return overlaps->Add({.hash = {.low = from.place, .high = 0}, .place = from.hash.low});
  };
  while (true) {
    SLUICE_TRY(const bool more, ids_->Next(post));
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
  ids_.reset();
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
