#include "pipe/merge/incremental_merge.h"

#include <algorithm>

#include "pipe/merge/composite_ids.h"
#include "pipe/merge/first_ids.h"

namespace sluice::pipe::merge {
namespace {

constexpr size_t kLooseAtOnce = 10'000;
// How many offsets of groups that are done with are kept: beyond, a group is looked at again.
constexpr size_t kDoneMax = 500'000;

std::vector<Node> NodesOf(std::span<const Member> members) {
  std::vector<Node> nodes;
  nodes.reserve(members.size());
  for (const Member& member : members) {
    nodes.push_back({.dataset = member.dataset, .id = std::string(member.entity->id())});
  }
  return nodes;
}

bool Holds(std::span<const Node> sorted, const Node& node) {
  return std::ranges::binary_search(sorted, node);
}

}  // namespace

IncrementalMerge::IncrementalMerge(std::shared_ptr<const MergeSetup> setup,
                                   const OpenRequest& request)
    : setup_(std::move(setup)),
      snapshot_(request.snapshot ? request.snapshot : setup_->store->TakeSnapshot()),
      stores_(request.stores),
      wants_sources_(request.wants_sources),
      left_(request.limit),
      next_(setup_->rules.datasets().size()),
      numbers_(setup_->rules.datasets().size()),
      done_(setup_->rules.datasets().size()) {}

Result<void> IncrementalMerge::Begin(const Value& since) {
  SLUICE_TRY(opened_, setup_->datasets.Open(*snapshot_, since));
  for (size_t i = 0; i < opened_.datasets.size(); ++i) {
    places_.push_back(setup_->PlaceOf(opened_.datasets[i].name));
    next_[places_[i]] = opened_.positions[i].next;
    numbers_[places_[i]] = opened_.datasets[i].number;
  }
  SLUICE_TRY(GroupsHead head, LoadGroupsHead(*snapshot_, setup_->pipe));
  if (stores_ && head.stale != 0) {
    SLUICE_TRY(RemoveGeneration(*setup_->store, setup_->pipe, head.stale, Stop()));
    head.stale = 0;
    storage::Commit commit;
    commit.state.push_back(StoreGroupsHead(setup_->pipe, head));
    SLUICE_TRY(setup_->store->Write(commit));
  }
  groups_.emplace(*setup_->store, setup_->pipe, head.generation);
  SLUICE_TRY(longest_composite_, groups_->FindLongestComposite(numbers_.size()));
  SLUICE_TRY(LoadLoose());
  Settle();
  return {};
}

Result<void> IncrementalMerge::LoadLoose() {
  SLUICE_TRY(const auto found, groups_->FindLoose(kLooseAtOnce));
  loose_.assign(found.begin(), found.end());
  more_loose_ = found.size() == kLooseAtOnce;
  return {};
}

// Everything that was made has been given: what is stored may say so.
void IncrementalMerge::Settle() {
  for (size_t i = 0; i < places_.size(); ++i) opened_.positions[i].next = next_[places_[i]];
  since_ = opened_.positions.AtBeginning() ? std::string() : opened_.positions.Text();
}

std::vector<storage::StateChange> IncrementalMerge::TakeState() {
  if (!stores_ || given_ < made_.size()) return {};
  return groups_->Take();
}

std::vector<std::string> IncrementalMerge::warnings() const {
  if (shared_ids_ == 0) return {};
  const bool by_first = setup_->combine.identity == Identity::kFirst;
  return {by_first ? SharedIdsWarning(shared_ids_) : AmbiguousIdsWarning(shared_ids_)};
}

Result<Batch> IncrementalMerge::Next(size_t entities_max, const Stop& stop) {
  if (left_) entities_max = std::min(entities_max, *left_);
  Batch batch;
  batch.snapshot = snapshot_;
  if (entities_max == 0) return batch;
  if (given_ == made_.size()) SLUICE_TRY(Fill(entities_max, stop));
  // What one change makes is not parted: a commit that held half of it would not hold the groups.
  const bool is_whole = stores_ && !left_;
  const size_t count =
      is_whole ? made_.size() - given_ : std::min(entities_max, made_.size() - given_);
  const auto begin = made_.begin() + static_cast<ptrdiff_t>(given_);
  batch.entities.assign(begin, begin + static_cast<ptrdiff_t>(count));
  for (uint32_t i = 0; wants_sources_ && i < count; ++i) {
    batch.origins.push_back(i);
    batch.sources.push_back(made_of_[given_ + i]);
  }
  batch.arena = arena_;
  batch.keep = keep_;
  given_ += count;
  if (given_ == made_.size()) Settle();
  if (left_) *left_ -= count;
  // For clients that go on from what they saw last: only behind the last one is all of it given.
  if (!stores_ && count != 0 && given_ == made_.size()) {
    batch.entities.back().updated = Value::String(arena_->Copy(since_));
  }
  return batch;
}

Result<void> IncrementalMerge::Fill(size_t entities_max, const Stop& stop) {
  arena_ = std::make_shared<Arena>();
  keep_.clear();
  if (change_ < changes_.entities.size()) keep_.push_back(changes_.arena);
  made_.clear();
  made_of_.clear();
  given_ = 0;
  matcher_.emplace(setup_->rules, snapshot_, *setup_->indexes, setup_->members_max, arena_);
  while (made_.size() < entities_max || !heirs_.empty()) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
    if (!heirs_.empty()) {
      SLUICE_TRY(LookAtHeir());
      continue;
    }
    SLUICE_TRY(const bool loose, LookAtLoose());
    if (loose) continue;
    SLUICE_TRY(const bool change, LookAtChange(stop));
    if (change) continue;
    ended_ = true;
    break;
  }
  return {};
}

Result<bool> IncrementalMerge::LookAtLoose() {
  if (loose_.empty() && more_loose_) SLUICE_TRY(LoadLoose());
  if (loose_.empty()) return false;
  const Node node = std::move(loose_.front());
  loose_.pop_front();
  SLUICE_TRY(const Standing standing, groups_->Find(node));
  groups_->ClearLoose(node);
  if (standing.kind != Standing::Kind::kLoose) return true;
  SLUICE_TRY(const Entity* const entity, matcher_->Get(node.dataset, node.id));
  SLUICE_TRY(LookAt(node, entity));
  return true;
}

// One whose group has an id that was another one's: what had it is done with.
Result<void> IncrementalMerge::LookAtHeir() {
  const Node node = std::move(heirs_.front());
  heirs_.pop_front();
  SLUICE_TRY(const Entity* const entity, matcher_->Get(node.dataset, node.id));
  return LookAt(node, entity);
}

// Reads on, into the next dataset where one ends; false at the end of all.
Result<bool> IncrementalMerge::ReadChanges(const Stop& stop) {
  while (current_ < opened_.datasets.size()) {
    const size_t place = places_[current_];
    if (!reader_) {
      reader_.emplace(*setup_->store, DatasetRead{.dataset = opened_.datasets[current_].name,
                                                  .kind = RunKind::kIncremental,
                                                  .from = next_[place],
                                                  .number = numbers_[place],
                                                  .snapshot = snapshot_});
      SLUICE_TRY(reader_->Begin());
    }
    SLUICE_TRY(changes_, reader_->Next(limits::kBatchEntities, stop));
    change_ = 0;
    if (!changes_.entities.empty()) {
      keep_.push_back(changes_.arena);
      return true;
    }
    next_[place] = reader_->position();
    reader_.reset();
    ++current_;
  }
  return false;
}

Result<bool> IncrementalMerge::LookAtChange(const Stop& stop) {
  if (change_ == changes_.entities.size()) {
    SLUICE_TRY(const bool any, ReadChanges(stop));
    if (!any) return false;
  }
  const Entity& entity = changes_.entities[change_++];
  const size_t place = places_[current_];
  const storage::Offset offset = OffsetOf(entity);
  if (done_[place].erase(offset) != 0) {
    --done_count_;
  } else {
    SLUICE_TRY(LookAt({.dataset = place, .id = std::string(entity.id())}, &entity));
  }
  next_[place] = offset + 1;
  return true;
}

Result<void> IncrementalMerge::LookAt(const Node& node, const Entity* entity) {
  std::vector<Member> members;
  if (entity && !entity->deleted) {
    SLUICE_TRY(Group group, matcher_->FindGroup({.dataset = node.dataset, .entity = entity}));
    members = std::move(group.members);
    std::ranges::sort(members, Precedes);
  } else if (entity) {
    members.push_back({.dataset = node.dataset, .entity = entity});
  }
  const auto now = members.empty() ? std::vector<Node>{node} : NodesOf(members);
  SLUICE_TRY(const Before before, FindBefore(now, members));
  NoteDone(members);
  NoteIds(now);
  const Identity identity = setup_->combine.identity;
  const std::string_view id = IdOf(now, identity, *arena_);
  if (before.groups.size() == 1 && before.groups[0] == now) return GiveNow(id, now[0], members);
  std::vector<Gone> gone = Dissolve(before, now);
  if (now.size() > 1 || before.is_stored) groups_->SetGroup(now);
  if (now.size() == 1 && !members.empty() && IsAhead(members[0])) groups_->SetGivenAlone(node);
  for (const size_t place : before.own_ids) {
    gone.push_back({IdOf(std::span(now).subspan(place, 1), identity, *arena_), now[place]});
  }
  for (const Gone& old : gone) {
    if (old.id != id || IsOtherSource(old, now)) SLUICE_TRY(GiveOther(old, members));
  }
  return GiveNow(id, now[0], members);
}

Result<IncrementalMerge::Before> IncrementalMerge::FindBefore(std::span<const Node> now,
                                                              std::span<const Member> members) {
  Before before;
  std::vector<Node> firsts;
  const auto add_group = [&](const Node& first, std::vector<Node> group) {
    if (std::ranges::find(firsts, first) != firsts.end()) return;
    firsts.push_back(first);
    before.groups.push_back(std::move(group));
  };
  for (size_t i = 0; i < now.size(); ++i) {
    SLUICE_TRY(Standing standing, groups_->Find(now[i]));
    before.is_stored = before.is_stored || standing.kind != Standing::Kind::kAlone;
    switch (standing.kind) {
      case Standing::Kind::kAlone: {
        SLUICE_TRY(const bool given, members.empty() ? Result<bool>(true) : IdWasGiven(members[i]));
        if (given) before.own_ids.push_back(i);
        break;
      }
      case Standing::Kind::kFirst:
        add_group(now[i], std::move(standing.members));
        break;
      case Standing::Kind::kMember: {
        if (!firsts.empty() && firsts.back() == standing.first) break;
        SLUICE_TRY(Standing first, groups_->Find(standing.first));
        if (first.kind != Standing::Kind::kFirst) {
          return MakeError(Code::kCorrupt,
                           "the stored groups of a merge source are broken: reset "
                           "the pipe");
        }
        add_group(standing.first, std::move(first.members));
        break;
      }
      case Standing::Kind::kLoose:
        groups_->ClearLoose(now[i]);
        if (standing.own_id) before.own_ids.push_back(i);
        break;
    }
  }
  return before;
}

// Whether something may have been given under the own id of an entity for which nothing is stored.
Result<bool> IncrementalMerge::IdWasGiven(const Member& member) {
  SLUICE_TRY(const bool given, WasGiven(member));
  if (given || setup_->combine.identity != Identity::kFirst) return given;
  // A deleted entity of another dataset stands under its id only as long as no live one has it.
  for (size_t place = 0; place < next_.size(); ++place) {
    if (place == member.dataset) continue;
    SLUICE_TRY(const Entity* const other, matcher_->Get(place, member.entity->id()));
    if (other && other->deleted) return true;
  }
  return false;
}

// Whether an entity for which nothing is stored was looked at before: then it was given alone.
Result<bool> IncrementalMerge::WasGiven(const Member& member) const {
  const storage::Offset looked_at = next_[member.dataset];
  const Entity* version = member.entity;
  Arena arena;
  while (true) {
    if (OffsetOf(*version) < looked_at) return true;
    const auto previous = version->previous.AsInteger();
    if (!previous) return false;
    if (static_cast<storage::Offset>(*previous) < looked_at) return true;
    SLUICE_TRY(version, snapshot_->GetBefore(numbers_[member.dataset], member.entity->id(),
                                             OffsetOf(*version), arena));
    // Versions between are gone: a deletion too many does no harm.
    if (!version) return true;
  }
}

// What is left of groups whose members stand in another one now is looked at next. Gives the ids
// that nothing has any more.
std::vector<IncrementalMerge::Gone> IncrementalMerge::Dissolve(const Before& before,
                                                               std::span<const Node> now) {
  std::vector<Gone> gone;
  const bool by_first = setup_->combine.identity == Identity::kFirst;
  for (const std::vector<Node>& group : before.groups) {
    if (!by_first || Holds(now, group[0])) {
      gone.push_back({IdOf(group, setup_->combine.identity, *arena_), group[0]});
    }
    for (const Node& node : group) {
      if (Holds(now, node)) continue;
      groups_->SetLoose(node, by_first && node == group[0]);
      loose_.push_back(node);
    }
  }
  return gone;
}

// Whether the run comes to this version by itself, later than it has been looked at.
bool IncrementalMerge::IsAhead(const Member& member) const {
  const storage::Offset offset = OffsetOf(*member.entity);
  // The change that is being looked at is behind us as soon as that is done.
  const bool is_current = change_ > 0 && !changes_.entities.empty() && current_ < places_.size() &&
                          places_[current_] == member.dataset &&
                          OffsetOf(changes_.entities[change_ - 1]) == offset;
  return offset >= next_[member.dataset] && !is_current;
}

void IncrementalMerge::NoteDone(std::span<const Member> members) {
  for (const Member& member : members) {
    if (done_count_ >= kDoneMax || !IsAhead(member)) continue;
    if (done_[member.dataset].insert(OffsetOf(*member.entity)).second) ++done_count_;
  }
}

}  // namespace sluice::pipe::merge
