#include "pipe/merge/full_merge.h"

#include <algorithm>
#include <cstring>

#include "pipe/merge/composite_ids.h"
#include "pipe/merge/first_ids.h"
#include "value/hash_bytes.h"
#include "value/record.h"

namespace sluice::pipe::merge {
namespace {

constexpr size_t kMemberBytes = 64 << 20;
constexpr size_t kSharedIdBytes = 8 << 20;
// So few entities are connected at once.
constexpr uint64_t kSoonDone = 10'000;

// In front of an entity's record, while it waits for the others of its group.
struct KeptEntity {
  int64_t ts_us = 0;
  int64_t previous = -1;
  Hash128 hash;
  bool has_shared_id = false;
};

void Keep(const Entity& entity, bool has_shared_id, std::string& out) {
  const KeptEntity kept{.ts_us = entity.ts_us.value_or(0),
                        .previous = entity.previous.AsInteger().value_or(-1),
                        .hash = entity.hash.value_or(Hash128{}),
                        .has_shared_id = has_shared_id};
  out.assign(reinterpret_cast<const char*>(&kept), sizeof kept);
  Encode(entity.dict, out);
}

// The entity again, in the arena.
const Entity* Restore(uint64_t place, std::string_view payload, Arena& arena, bool* has_shared_id) {
  KeptEntity kept;
  std::memcpy(static_cast<void*>(&kept), payload.data(), sizeof kept);
  *has_shared_id = kept.has_shared_id;
  Entity* const entity = arena.New<Entity>();
  entity->dict = Decode(arena.Copy(payload.substr(sizeof kept)));
  entity->updated = Value::Integer(static_cast<int64_t>(OffsetOf(place)));
  if (kept.previous >= 0) entity->previous = Value::Integer(kept.previous);
  entity->ts_us = kept.ts_us;
  entity->hash = kept.hash;
  entity->stored = true;
  return entity;
}

}  // namespace

FullMerge::FullMerge(std::shared_ptr<const MergeSetup> setup, std::shared_ptr<KeptJob> kept,
                     const OpenRequest& request)
    : setup_(std::move(setup)),
      kept_(std::move(kept)),
      snapshot_(request.snapshot ? request.snapshot : setup_->store->TakeSnapshot()),
      stores_(request.stores),
      wants_sources_(request.wants_sources),
      left_(request.limit),
      longest_composite_(setup_->rules.datasets().size()),
      members_(setup_->spill_folder, kMemberBytes),
      shared_ids_(setup_->spill_folder, kSharedIdBytes) {}

FullMerge::~FullMerge() {
  if (job_ && stores_ && phase_ != Phase::kEnded) kept_->Keep(std::move(job_));
}

Result<void> FullMerge::Begin() {
  SLUICE_TRY(opened_, setup_->datasets.Open(*snapshot_, Value::Null()));
  for (size_t i = 0; i < opened_.datasets.size(); ++i) {
    inputs_.push_back(
        {.place = setup_->PlaceOf(opened_.datasets[i].name), .number = opened_.datasets[i].number});
    SLUICE_TRY(const auto info, snapshot_->FindDataset(inputs_.back().number));
    opened_.positions[i].next = info ? info->next_offset : 0;
    entities_ += info ? info->live : 0;
  }
  std::ranges::sort(inputs_, {}, &Input::place);
  since_ = opened_.positions.AtBeginning() ? std::string() : opened_.positions.Text();
  if (!stores_) return {};
  SLUICE_TRY(head_, LoadGroupsHead(*setup_->store->TakeSnapshot(), setup_->pipe));
  // What an attempt before has left behind, and the generation before the last.
  SLUICE_TRY(RemoveGeneration(*setup_->store, setup_->pipe, head_.generation + 1, Stop()));
  if (head_.stale != 0) {
    SLUICE_TRY(RemoveGeneration(*setup_->store, setup_->pipe, head_.stale, Stop()));
  }
  groups_.emplace(*setup_->store, setup_->pipe, head_.generation + 1);
  return {};
}

Value FullMerge::since() const {
  return phase_ == Phase::kEnded && !since_.empty() ? Value::String(since_) : Value::Null();
}

std::vector<storage::StateChange> FullMerge::TakeState() {
  if (!stores_) return {};
  auto changes = groups_->Take();
  if (phase_ == Phase::kEnded) {
    changes.push_back(StoreGroupsHead(
        setup_->pipe, {.generation = head_.generation + 1, .stale = head_.generation}));
  }
  return changes;
}

std::vector<std::string> FullMerge::warnings() const {
  std::vector<std::string> warnings;
  const KeyCounts& counts = key_counts_;
  if (counts.without_any != 0) {
    warnings.push_back(fmt::format("{} of {} entities have no value that joins under any rule",
                                   counts.without_any, counts.entities));
  }
  if (counts.blank_values != 0) {
    warnings.push_back(
        fmt::format("{} values of equality rules are blank and join nothing", counts.blank_values));
  }
  if (shared_count_ != 0) {
    const bool by_first = setup_->combine.identity == Identity::kFirst;
    warnings.push_back(by_first ? SharedIdsWarning(shared_count_)
                                : AmbiguousIdsWarning(shared_count_));
  }
  return warnings;
}

Result<Batch> FullMerge::Next(size_t entities_max, const Stop& stop) {
  if (left_) entities_max = std::min(entities_max, *left_);
  Batch batch;
  batch.snapshot = snapshot_;
  if (entities_max == 0) return batch;
  while (batch.entities.empty() && phase_ != Phase::kEnded) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
    switch (phase_) {
      case Phase::kConnect: {
        SLUICE_TRY(const bool done, Connect(stop));
        if (done) break;
        batch.unfinished = true;
        return batch;
      }
      case Phase::kAlone:
        SLUICE_TRY(GiveAlone(entities_max, batch));
        break;
      case Phase::kGroups:
        SLUICE_TRY(GiveGroups(entities_max, batch));
        break;
      case Phase::kSharedIds:
        SLUICE_TRY(GiveSharedIds(entities_max, batch));
        break;
      case Phase::kEnded:
        break;
    }
  }
  if (left_) *left_ -= batch.entities.size();
  return batch;
}

// False: it goes on.
Result<bool> FullMerge::Connect(const Stop& stop) {
  if (!job_ && stores_) {
    job_ = kept_->Take(since_);
    if (job_) SLUICE_TRY(job_->Rewind());
  }
  if (!job_) job_ = std::make_unique<ConnectJob>(setup_, snapshot_, inputs_, since_);
  using enum ConnectJob::Patience;
  auto done = job_->Wait(stores_ && entities_ > kSoonDone ? kShort : kToTheEnd, stop);
  if (!done.ok()) {
    // What has failed is not taken up again.
    if (done.error().code != Code::kCancelled) job_.reset();
    return done.TakeError();
  }
  if (!*done) return false;
  Connected& connected = job_->connected();
  key_counts_ = connected.counts;
  SLUICE_TRY(has_belonging_, connected.belongings->Next(belonging_));
  if (connected.shared_ids) {
    SLUICE_TRY(has_shared_place_, connected.shared_ids->Next(shared_place_));
  }
  phase_ = Phase::kAlone;
  return true;
}

Result<bool> FullMerge::IsSharedId(uint64_t place) {
  while (has_shared_place_ && shared_place_ < place) {
    SLUICE_TRY(has_shared_place_, job_->connected().shared_ids->Next(shared_place_));
  }
  return has_shared_place_ && shared_place_ == place;
}

// Keeps the entity if it stands in a group of several.
Result<bool> FullMerge::KeepForGroup(uint64_t place, const Entity& entity, bool has_shared_id) {
  while (has_belonging_ && belonging_.node < place) {
    SLUICE_TRY(has_belonging_, job_->connected().belongings->Next(belonging_));
  }
  if (!has_belonging_ || belonging_.node != place) return false;
  Keep(entity, has_shared_id, payload_);
  SLUICE_TRY(members_.Add({.major = belonging_.root, .minor = place}, payload_));
  return true;
}

// Of the entity that comes next in the batch's order.
void FullMerge::NoteSource(const SourceEntity& source, Batch& batch) const {
  batch.origins.push_back(static_cast<uint32_t>(batch.sources.size()));
  batch.sources.push_back(source);
}

Result<void> FullMerge::AddSharedId(std::string_view id) {
  const Hash128 hash = HashBytes(id);
  return shared_ids_.Add({.major = hash.high, .minor = hash.low}, id);
}

Result<void> FullMerge::GiveAlone(size_t entities_max, Batch& batch) {
  if (!log_) {
    if (input_ == inputs_.size()) return EndAlone();
    SLUICE_TRY(log_, snapshot_->ReadLog(inputs_[input_].number, {}));
  }
  Arena& arena = *batch.arena;
  SLUICE_TRY(log_->Next(entities_max, arena, batch.entities));
  if (batch.entities.empty()) {
    log_.reset();
    ++input_;
    return {};
  }
  Matcher matcher(setup_->rules, snapshot_, *setup_->indexes, setup_->members_max, batch.arena);
  size_t count = 0;
  for (size_t i = 0; i < batch.entities.size(); ++i) {
    const Entity entity = batch.entities[i];
    NoteId(entity.id());
    const uint64_t place = PlaceNumber(inputs_[input_].place, merge::OffsetOf(entity));
    SLUICE_TRY(const bool has_shared_id, IsSharedId(place));
    SLUICE_TRY(const bool kept, KeepForGroup(place, entity, has_shared_id));
    if (kept) continue;
    if (has_shared_id) {
      SLUICE_TRY(AddSharedId(entity.id()));
      continue;
    }
    const Member member{.dataset = inputs_[input_].place, .entity = &entity};
    SLUICE_TRY(const bool stands, StandsForId({&member, 1}, matcher, arena));
    if (!stands) continue;
    batch.entities[count++] = Combine({&member, 1}, setup_->combine, arena);
    if (wants_sources_) {
      NoteSource(SourceOf({&member, 1}, setup_->combine.identity, arena), batch);
    }
  }
  batch.entities.resize(count);
  // What is kept for later has been copied.
  if (count == 0) batch.arena = std::make_shared<Arena>();
  return {};
}

// Whether no live group goes before this one that has the same composite id.
Result<bool> FullMerge::StandsForId(std::span<const Member> members, Matcher& matcher,
                                    Arena& arena) {
  if (setup_->combine.identity == Identity::kFirst) return true;
  const std::string_view first_id = members[0].entity->id();
  if (!LooksComposite(first_id)) return true;
  const std::string_view id = IdOf(members, Identity::kComposite, arena);
  SLUICE_TRY(const auto before, FindAhead(*setup_, matcher, id, first_id, arena));
  if (!before.empty() && !members[0].entity->deleted) ++shared_count_;
  return before.empty();
}

void FullMerge::NoteId(std::string_view id) {
  uint64_t& longest = longest_composite_[inputs_[input_].place];
  if (id.size() > longest && LooksComposite(id)) longest = id.size();
}

Result<void> FullMerge::EndAlone() {
  if (stores_) groups_->SetLongestComposite(longest_composite_);
  SLUICE_TRY(members_.Sort());
  SLUICE_TRY(has_item_, members_.Next(item_));
  phase_ = Phase::kGroups;
  return {};
}

Result<void> FullMerge::GiveGroups(size_t entities_max, Batch& batch) {
  Matcher matcher(setup_->rules, snapshot_, *setup_->indexes, setup_->members_max, batch.arena);
  std::vector<Member> members;
  while (has_item_ && batch.entities.size() < entities_max) {
    const uint64_t root = item_.key.major;
    members.clear();
    bool has_shared_id = false;
    Member first;
    while (has_item_ && item_.key.major == root) {
      bool shared = false;
      const Entity* const entity = Restore(item_.key.minor, item_.payload, *batch.arena, &shared);
      members.push_back({.dataset = DatasetOf(item_.key.minor), .entity = entity});
      if (members.size() > setup_->members_max) {
        return TooManyMembers(setup_->members_max, members[0].entity->id());
      }
      if (!first.entity || Precedes(members.back(), first)) {
        first = members.back();
        has_shared_id = shared;
      }
      SLUICE_TRY(has_item_, members_.Next(item_));
    }
    SLUICE_TRY(GiveGroup(members, has_shared_id, matcher, batch));
  }
  if (has_item_) return {};
  if (!batch.entities.empty()) return {};
  SLUICE_TRY(shared_ids_.Sort());
  phase_ = Phase::kSharedIds;
  return {};
}

Result<void> FullMerge::GiveGroup(std::vector<Member>& members, bool has_shared_id,
                                  Matcher& matcher, Batch& batch) {
  std::ranges::sort(members, Precedes);
  if (stores_) {
    std::vector<Node> nodes;
    for (const Member& member : members) {
      nodes.push_back({.dataset = member.dataset, .id = std::string(member.entity->id())});
    }
    groups_->SetGroup(nodes);
  }
  if (has_shared_id) return AddSharedId(members[0].entity->id());
  SLUICE_TRY(const bool stands, StandsForId(members, matcher, *batch.arena));
  if (!stands) return {};
  batch.entities.push_back(Combine(members, setup_->combine, *batch.arena));
  if (wants_sources_) {
    NoteSource(SourceOf(members, setup_->combine.identity, *batch.arena), batch);
  }
  return {};
}

Result<void> FullMerge::GiveSharedIds(size_t entities_max, Batch& batch) {
  Matcher matcher(setup_->rules, snapshot_, *setup_->indexes, setup_->members_max, batch.arena);
  PayloadSorter::Item item;
  while (batch.entities.size() < entities_max) {
    SLUICE_TRY(const bool more, shared_ids_.Next(item));
    if (!more) break;
    if (item.payload == last_shared_id_) continue;
    last_shared_id_ = item.payload;
    SLUICE_TRY(auto found,
               FindByFirst(*setup_, matcher, batch.arena->Copy(item.payload), {}, *batch.arena));
    if (found.claims > 1) ++shared_count_;
    batch.entities.push_back(std::move(found.entity));
    if (wants_sources_) NoteSource(found.source, batch);
  }
  if (!batch.entities.empty()) return {};
  phase_ = Phase::kEnded;
  return {};
}

}  // namespace sluice::pipe::merge
