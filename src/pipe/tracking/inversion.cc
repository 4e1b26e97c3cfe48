#include "pipe/tracking/inversion.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "value/relations.h"

namespace sluice::pipe {
namespace {

constexpr size_t kVersionsAtOnce = 500;
constexpr size_t kIdsAtOnce = 500;
// Ids visited in one step: some milliseconds, so that a key that a million entities have neither
// keeps a thread nor hides how far the run is.
constexpr size_t kVisitsAtOnce = 5'000;

// What a key is worth a visit for: an entity of a node, or a value of an edge.
std::string Mark(char kind, size_t number, std::string_view text) {
  return fmt::format("{}{}:{}", kind, number, text);
}

}  // namespace

Inversion::Inversion(InversionSetup setup, std::shared_ptr<const storage::Snapshot> snapshot,
                     const storage::DatasetInfo& dataset, storage::Offset from, storage::Offset to,
                     AffectedSet& affected)
    : setup_(std::move(setup)),
      snapshot_(std::move(snapshot)),
      number_(dataset.number),
      from_(from),
      to_(to),
      affected_(affected) {
  for (size_t i = 0; i < setup_.plan->nodes.size(); ++i) {
    const InverseNode& node = setup_.plan->nodes[i];
    if (node.tracked && node.dataset == dataset.name) nodes_.push_back(i);
  }
}

Result<bool> Inversion::Step(const Stop& stop) {
  visits_left_ = kVisitsAtOnce;
  SLUICE_TRY(FollowWork(stop));
  if (!work_.empty()) return true;
  if (next_version_ == versions_.size()) {
    SLUICE_TRY(const bool any, ReadVersions());
    if (!any) return false;
  }
  while (next_version_ < versions_.size() && visits_left_ > 0 && work_.empty()) {
    SLUICE_TRY(FollowVersion());
    SLUICE_TRY(FollowWork(stop));
  }
  return true;
}

Result<bool> Inversion::ReadVersions() {
  if (from_ >= to_) return false;
  if (!log_) {
    SLUICE_TRY(log_, snapshot_->ReadLog(number_, {.from = from_, .to = to_, .history = true}));
  }
  seen_.clear();
  versions_.clear();
  next_version_ = 0;
  versions_arena_ = std::make_shared<Arena>();
  SLUICE_TRY(log_->Next(kVersionsAtOnce, *versions_arena_, versions_));
  return !versions_.empty();
}

Result<void> Inversion::FollowVersion() {
  const Entity& after = versions_[next_version_++];
  arena_ = std::make_shared<Arena>();
  const Entity* before = nullptr;
  const auto found = seen_.find(after.id());
  if (found != seen_.end()) {
    before = found->second;
  } else if (!after.previous.IsNull()) {
    const auto offset = static_cast<storage::Offset>(*after.updated.AsInteger());
    SLUICE_TRY(before, snapshot_->GetBefore(number_, after.id(), offset, *arena_));
  }
  seen_[after.id()] = &after;
  for (const size_t i : nodes_) {
    const InverseNode& node = setup_.plan->nodes[i];
    const bool was = Passes(node, before);
    const bool is = Passes(node, &after);
    if (was && is && node.reads && !node.reads->Differ(*before, after, *arena_)) continue;
    if (was && !setup_.mistakes.only_new_versions) SLUICE_TRY(Follow(i, *before));
    if (is) SLUICE_TRY(Follow(i, after));
  }
  return {};
}

bool Inversion::Passes(const InverseNode& node, const Entity* entity) {
  return entity && !entity->deleted && (!node.filter || node.filter->Passes(*entity, *arena_));
}

// The last first, so that the work that waits is bounded by the length of the way back.
Result<void> Inversion::FollowWork(const Stop& stop) {
  while (!work_.empty() && visits_left_ > 0) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
    Work last = std::move(work_.back());
    work_.pop_back();
    SLUICE_TRY(last.edge ? VisitPage(std::move(last)) : FollowPage(last));
  }
  return {};
}

Result<void> Inversion::FollowPage(const Work& page) {
  const InverseNode& node = setup_.plan->nodes[page.node];
  SLUICE_TRY(const auto number, NumberOf(node.dataset));
  if (!number) return {};
  arena_ = std::make_shared<Arena>();
  visits_left_ -= std::min(visits_left_, page.ids.size());
  const std::vector<std::string_view> ids(page.ids.begin(), page.ids.end());
  SLUICE_TRY(const auto entities, snapshot_->Get(*number, ids, *arena_));
  for (const Entity* entity : entities) {
    if (Passes(node, entity)) SLUICE_TRY(Follow(page.node, *entity));
  }
  return {};
}

// Some of the ids that a key is joined with; the rest waits below what they lead to.
Result<void> Inversion::VisitPage(Work visit) {
  SLUICE_TRY(const auto number, NumberOf(visit.edge->from->dataset()));
  if (!number) return {};
  const auto index = setup_.indexes->Find(*number, visit.edge->from->expression());
  if (!index) {
    return MakeError(Code::kUnavailable, "the dataset \"{}\" has no index over {}",
                     visit.edge->from->dataset(), visit.edge->from->expression());
  }
  std::vector<std::string> ids;
  SLUICE_TRY(snapshot_->VisitIds(*index, visit.key, visit.after, [&](std::string_view id) {
    ids.emplace_back(id);
    return ids.size() < kIdsAtOnce;
  }));
  visits_left_ -= std::min(visits_left_, ids.size());
  const InverseEdge& edge = *visit.edge;
  if (ids.size() == kIdsAtOnce) {
    visit.after = ids.back();
    work_.push_back(std::move(visit));
  }
  for (const std::string& id : ids) SLUICE_TRY(Reach(edge, id));
  return {};
}

Result<void> Inversion::Follow(size_t node, const Entity& entity) {
  const auto& edges = setup_.plan->nodes[node].edges;
  for (size_t e = 0; e < edges.size(); ++e) {
    const auto values = edges[e].key->Keys(entity, *arena_);
    for (const Value& value : values) {
      std::string bytes;
      AppendEqualityKey(value, bytes);
      if (visited_.size() >= limits::kInversionVisitedMax && !setup_.plan->cyclic) visited_.clear();
      if (!visited_.insert(Mark('k', node * 1000 + e, bytes)).second) continue;
      SLUICE_TRY(FollowEdge(edges[e], value, std::move(bytes)));
    }
  }
  return {};
}

Result<void> Inversion::FollowEdge(const InverseEdge& edge, const Value& key, std::string bytes) {
  if (edge.to == InverseEdge::kRecorded) {
    Result<void> added;
    SLUICE_TRY(VisitRecorded(*snapshot_, setup_.state_prefix, RecordedKey(edge.lookup, key),
                             [&](std::string_view id) {
                               added = affected_.Add(id);
                               return added.ok();
                             }));
    return added;
  }
  if (edge.from->IsId()) return key.IsString() ? Reach(edge, key.text()) : Result<void>();
  work_.push_back({.edge = &edge, .key = std::move(bytes)});
  return {};
}

Result<void> Inversion::Reach(const InverseEdge& edge, std::string_view id) {
  if (edge.to == InverseEdge::kSource) {
    return affected_.Add(setup_.source->SourceIdOf(edge.from->dataset(), id));
  }
  if (setup_.mistakes.skip_a_level) return {};
  const auto node = static_cast<size_t>(edge.to);
  if (visited_.size() >= limits::kInversionVisitedMax) {
    if (!setup_.plan->cyclic) {
      visited_.clear();
    } else if (visited_.size() >= 10 * limits::kInversionVisitedMax) {
      return MakeError(Code::kTooLarge,
                       "a change reaches more than {} entities by recursion; a full run works all "
                       "of them out",
                       visited_.size());
    }
  }
  if (!visited_.insert(Mark('e', node, id)).second) return {};
  const bool has_page = !work_.empty() && !work_.back().edge && work_.back().node == node &&
                        work_.back().ids.size() < kIdsAtOnce;
  if (!has_page) work_.push_back({.node = node, .ids = {}});
  work_.back().ids.emplace_back(id);
  return {};
}

Result<std::optional<storage::DatasetNumber>> Inversion::NumberOf(const std::string& dataset) {
  const auto [found, is_new] = numbers_.try_emplace(dataset);
  if (is_new) {
    SLUICE_TRY(const auto info, snapshot_->FindDataset(dataset));
    if (info) found->second = info->number;
  }
  return found->second;
}

}  // namespace sluice::pipe
