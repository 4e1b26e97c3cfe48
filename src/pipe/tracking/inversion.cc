#include "pipe/tracking/inversion.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "value/relations.h"

namespace sluice::pipe {
namespace {

constexpr size_t kVersionsAtOnce = 500;
constexpr size_t kIdsAtOnce = 500;

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
      next_(from),
      to_(to),
      affected_(affected) {
  for (size_t i = 0; i < setup_.plan->nodes.size(); ++i) {
    const InverseNode& node = setup_.plan->nodes[i];
    if (node.tracked && node.dataset == dataset.name) nodes_.push_back(i);
  }
}

Result<bool> Inversion::Step(const Stop& stop) {
  if (next_ >= to_) return false;
  if (!log_) {
    SLUICE_TRY(log_, snapshot_->ReadLog(number_, {.from = next_, .to = to_, .history = true}));
  }
  arena_ = std::make_shared<Arena>();
  std::vector<Entity> versions;
  SLUICE_TRY(log_->Next(kVersionsAtOnce, *arena_, versions));
  if (versions.empty()) {
    next_ = to_;
    return false;
  }
  const auto read = arena_;
  // Of the versions read here each has its predecessor at hand, if that is one of them.
  std::unordered_map<std::string_view, const Entity*> seen;
  for (const Entity& version : versions) {
    const Entity* before = nullptr;
    const auto found = seen.find(version.id());
    if (found != seen.end()) {
      before = found->second;
    } else if (!version.previous.IsNull()) {
      const auto offset = static_cast<storage::Offset>(*version.updated.AsInteger());
      SLUICE_TRY(before, snapshot_->GetBefore(number_, version.id(), offset, *read));
    }
    seen[version.id()] = &version;
    SLUICE_TRY(Change(before, version, stop));
  }
  next_ = log_->position();
  return true;
}

bool Inversion::Passes(const InverseNode& node, const Entity* entity) {
  return entity && !entity->deleted && (!node.filter || node.filter->Passes(*entity, *arena_));
}

Result<void> Inversion::Change(const Entity* before, const Entity& after, const Stop& stop) {
  for (const size_t i : nodes_) {
    const InverseNode& node = setup_.plan->nodes[i];
    const bool was = Passes(node, before);
    const bool is = Passes(node, &after);
    if (was && is && node.reads && !node.reads->Differ(*before, after, *arena_)) continue;
    if (was && !setup_.mistakes.only_new_versions) SLUICE_TRY(Follow(i, *before));
    if (is) SLUICE_TRY(Follow(i, after));
    SLUICE_TRY(FollowAll(stop));
  }
  return {};
}

Result<void> Inversion::FollowAll(const Stop& stop) {
  while (!pending_.empty()) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
    Pending& last = pending_.back();
    Pending page{.node = last.node, .ids = {}};
    const size_t count = std::min(kIdsAtOnce, last.ids.size());
    page.ids.assign(std::make_move_iterator(last.ids.end() - static_cast<ptrdiff_t>(count)),
                    std::make_move_iterator(last.ids.end()));
    last.ids.resize(last.ids.size() - count);
    if (last.ids.empty()) pending_.pop_back();
    SLUICE_TRY(FollowPage(page, stop));
  }
  return {};
}

Result<void> Inversion::FollowPage(const Pending& page, const Stop&) {
  const InverseNode& node = setup_.plan->nodes[page.node];
  SLUICE_TRY(const auto number, NumberOf(node.dataset));
  if (!number) return {};
  const auto outer = std::exchange(arena_, std::make_shared<Arena>());
  const std::vector<std::string_view> ids(page.ids.begin(), page.ids.end());
  auto entities = snapshot_->Get(*number, ids, *arena_);
  Result<void> done;
  if (entities.ok()) {
    for (const Entity* entity : *entities) {
      if (!Passes(node, entity)) continue;
      done = Follow(page.node, *entity);
      if (!done.ok()) break;
    }
  } else {
    done = Result<void>(entities.TakeError());
  }
  arena_ = outer;
  return done;
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
      SLUICE_TRY(FollowEdge(edges[e], value));
    }
  }
  return {};
}

Result<void> Inversion::FollowEdge(const InverseEdge& edge, const Value& key) {
  failed_ = {};
  const auto visit = [&](std::string_view id) {
    failed_ = Reach(edge, id);
    return failed_.ok();
  };
  if (edge.to == InverseEdge::kRecorded) {
    SLUICE_TRY(
        VisitRecorded(*snapshot_, setup_.state_prefix, RecordedKey(edge.lookup, key), visit));
    return std::move(failed_);
  }
  if (edge.from->IsId()) {
    if (key.IsString()) (void)visit(key.text());
    return std::move(failed_);
  }
  SLUICE_TRY(const auto number, NumberOf(edge.from->dataset()));
  if (!number) return {};
  const auto index = setup_.indexes->Find(*number, edge.from->expression());
  if (!index) {
    return MakeError(Code::kUnavailable, "the dataset \"{}\" has no index over {}",
                     edge.from->dataset(), edge.from->expression());
  }
  std::string bytes;
  AppendEqualityKey(key, bytes);
  SLUICE_TRY(snapshot_->VisitIds(*index, bytes, visit));
  return std::move(failed_);
}

Result<void> Inversion::Reach(const InverseEdge& edge, std::string_view id) {
  if (edge.to == InverseEdge::kRecorded) return affected_.Add(id);
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
  if (pending_.empty() || pending_.back().node != node) pending_.push_back({node, {}});
  pending_.back().ids.emplace_back(id);
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
