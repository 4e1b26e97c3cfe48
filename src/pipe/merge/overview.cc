// The overview of a merge: what a full run would find, told instead of written.

#include <algorithm>
#include <map>

#include "pipe/dict_builder.h"
#include "pipe/merge/connecting.h"
#include "pipe/merge/explain.h"
#include "value/json.h"

namespace sluice::pipe::merge {
namespace {

constexpr size_t kLargestShown = 20;
constexpr size_t kSizesBytes = 16 << 20;
// A value that more entities have than this many a dataset is hardly that of one thing.
constexpr uint64_t kSuspiciousPerDataset = 3;

struct GroupSize {
  uint64_t members = 0;
  uint64_t datasets = 0;
  uint64_t place = 0;  // Of one member.
};

class Overview {
 public:
  Overview(const MergeSetup& setup, std::shared_ptr<const storage::Snapshot> snapshot)
      : setup_(setup), snapshot_(std::move(snapshot)) {}

  Result<std::string> Make(const Stop& stop) {
    const auto& datasets = setup_.rules.datasets();
    for (size_t place = 0; place < datasets.size(); ++place) {
      SLUICE_TRY(const auto info, snapshot_->FindDataset(datasets[place].dataset));
      if (info) inputs_.push_back({.place = place, .number = info->number});
    }
    SLUICE_TRY(connected_, Connecting(setup_, snapshot_, inputs_).Run(stop));
    SLUICE_TRY(CountGroups());
    return Tell();
  }

 private:
  Result<void> CountGroups() {
    RecordSorter<Belonging> by_root(setup_.spill_folder, kSizesBytes);
    Belonging belonging;
    while (true) {
      SLUICE_TRY(const bool more, connected_.belongings->Next(belonging));
      if (!more) break;
      SLUICE_TRY(by_root.Add({.node = belonging.root, .root = belonging.node}));
    }
    SLUICE_TRY(by_root.Sort());
    GroupSize group;
    Belonging last;
    bool any = false;
    while (true) {
      SLUICE_TRY(const bool more, by_root.Next(belonging));
      if (!more) break;
      if (any && belonging == last) continue;
      const bool is_new = !any || belonging.node != last.node;
      if (is_new) {
        if (any) Note(group);
        group = {.members = 0, .datasets = 0, .place = belonging.node};
      }
      // Members ascend, and with them their datasets.
      if (is_new || DatasetOf(belonging.root) != DatasetOf(last.root)) ++group.datasets;
      ++group.members;
      last = belonging;
      any = true;
    }
    if (any) Note(group);
    return {};
  }

  void Note(const GroupSize& group) {
    ++groups_;
    members_ += group.members;
    ++by_datasets_[group.datasets];
    const auto larger = [](const GroupSize& a, const GroupSize& b) {
      return a.members > b.members;
    };
    if (largest_.size() == kLargestShown && group.members <= largest_.back().members) return;
    largest_.insert(std::ranges::upper_bound(largest_, group, larger), group);
    if (largest_.size() > kLargestShown) largest_.pop_back();
  }

  // The entity that a place number stands for.
  Result<std::vector<Entity>> EntityAt(uint64_t place, Arena& arena) const {
    std::vector<Entity> entities;
    const auto input = std::ranges::find(inputs_, DatasetOf(place), &Input::place);
    const storage::Offset offset = OffsetOf(place);
    SLUICE_TRY(auto log, snapshot_->ReadLog(input->number, {.from = offset, .to = offset + 1}));
    SLUICE_TRY(log->Next(1, arena, entities));
    return entities;
  }

  Result<Value> NameOf(uint64_t place) {
    SLUICE_TRY(const auto entities, EntityAt(place, arena_));
    DictBuilder name(arena_);
    name.SetText("dataset", setup_.rules.datasets()[DatasetOf(place)].dataset);
    if (!entities.empty()) name.SetText("_id", entities[0].id());
    return name.Make();
  }

  Result<Value> Describe(const GroupSize& group) {
    SLUICE_TRY(const Value name, NameOf(group.place));
    return DictBuilder(arena_)
        .SetInteger("size", group.members)
        .SetInteger("datasets", group.datasets)
        .Set("one_of", name)
        .Make();
  }

  Result<Value> Describe(const ValueUse& use) {
    DictBuilder described(arena_);
    SLUICE_TRY(const auto entities, EntityAt(use.place, arena_));
    for (const Entity& entity : entities) {
      for (const RuleKey& key : setup_.rules.KeysOf(DatasetOf(use.place), entity, arena_)) {
        if (KeyHash(key.rule, key.value, bytes_) != use.hash) continue;
        described.SetText("rule", setup_.rules.rules()[key.rule].text).Set("value", key.value);
        break;
      }
    }
    const bool is_suspicious = use.entities > kSuspiciousPerDataset * inputs_.size();
    SLUICE_TRY(const Value name, NameOf(use.place));
    return described.SetInteger("entities", use.entities)
        .Set("suspicious", Value::Boolean(is_suspicious))
        .Set("one_of", name)
        .Make();
  }

  template <class Item>
  Result<Value> List(const std::vector<Item>& items) {
    std::vector<Value> list;
    for (const Item& item : items) {
      SLUICE_TRY(list.emplace_back(), Describe(item));
    }
    return Value::List(arena_.CopyArray(std::span<const Value>(list)));
  }

  Result<std::string> Tell() {
    const KeyCounts& counts = connected_.counts;
    const uint64_t alone = counts.entities - members_;
    by_datasets_[1] += alone;
    DictBuilder datasets(arena_);
    for (const auto& [number, groups] : by_datasets_) {
      if (groups != 0) datasets.SetInteger(arena_.Copy(std::to_string(number)), groups);
    }
    SLUICE_TRY(const Value largest, List(largest_));
    SLUICE_TRY(const Value values, List(connected_.most_used));
    DictBuilder answer(arena_);
    answer.SetText("pipe", setup_.pipe)
        .SetInteger("entities", counts.entities)
        .SetInteger("groups", groups_ + alone)
        .SetInteger("groups_of_several", groups_)
        .Set("groups_by_datasets", datasets.Make())
        .SetInteger("entities_without_value", counts.without_any)
        .SetInteger("blank_values", counts.blank_values)
        .Set("largest_groups", largest)
        .Set("most_used_values", values);
    return ToJson(answer.Make());
  }

  const MergeSetup& setup_;
  const std::shared_ptr<const storage::Snapshot> snapshot_;
  std::vector<Input> inputs_;
  Connected connected_;
  uint64_t groups_ = 0;   // Of several members.
  uint64_t members_ = 0;  // In them.
  std::map<uint64_t, uint64_t> by_datasets_;
  std::vector<GroupSize> largest_;
  std::string bytes_;
  Arena arena_;
};

}  // namespace

Result<std::string> DescribeGroups(const MergeSetup& setup, const Stop& stop) {
  return Overview(setup, setup.store->TakeSnapshot()).Make(stop);
}

}  // namespace sluice::pipe::merge
