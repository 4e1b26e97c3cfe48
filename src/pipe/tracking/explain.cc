#include "pipe/tracking/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "pipe/dataset_reader.h"
#include "pipe/dict_builder.h"
#include "pipe/dtl_transform.h"
#include "pipe/pipe_state.h"
#include "value/relations.h"

namespace sluice::pipe {
namespace {

constexpr size_t kSampleEntities = 200;
constexpr uint64_t kCountMax = 1'000'000;
// A key with so many entities makes work in lumps.
constexpr uint64_t kHotKey = 10'000;

class Explainer {
 public:
  Explainer(const CompiledPipe& pipe, const storage::Store& store, const Indexes& indexes,
            Arena& arena)
      : pipe_(pipe), store_(store), indexes_(indexes), arena_(arena) {}

  Result<Value> Explain() {
    snapshot_ = store_.TakeSnapshot();
    DictBuilder dict(arena_);
    dict.SetText("pipe", pipe_.id)
        .Set("exact", Value::Boolean(pipe_.tracking.not_exact.empty()))
        .Set("not_exact", Texts(pipe_.tracking.not_exact));
    SLUICE_TRY(const Value joins, Joins());
    dict.Set("joins", joins);
    SLUICE_TRY(const Value tracking, Tracking());
    dict.Set("tracking", tracking)
        .Set("keeps_outputs", Value::Boolean(pipe_.tracking.keeps_outputs))
        .Set("records_keys", Value::Boolean(pipe_.tracking.recording == Recording::kAll))
        .Set("records_keys_because", Texts(pipe_.tracking.inverse.recorded_because));
    return dict.Make();
  }

 private:
  Value List(const std::vector<Value>& items) {
    return Value::List(arena_.CopyArray(std::span<const Value>(items)));
  }
  Value Texts(const std::vector<std::string>& texts) {
    std::vector<Value> items;
    for (const std::string& text : texts) items.push_back(Value::String(arena_.Copy(text)));
    return List(items);
  }

  Result<Value> Joins() {
    std::vector<Value> joins;
    for (const auto& transform : pipe_.transforms) {
      const auto* const dtl = dynamic_cast<const DtlTransform*>(transform.get());
      if (!dtl) continue;
      seen_ = dtl->join_counts();
      for (const dtl::Hop& hop : dtl->analysis().hops) {
        for (const dtl::HopSpec& spec : hop.specs) {
          for (const dtl::HopStep& step : spec.steps) {
            for (const dtl::HopJoin& join : step.joins) {
              SLUICE_TRY(const Value explained, Join(hop, spec, step, join));
              joins.push_back(explained);
            }
          }
        }
      }
    }
    return List(joins);
  }

  Result<Value> Join(const dtl::Hop& hop, const dtl::HopSpec& spec, const dtl::HopStep& step,
                     const dtl::HopJoin& join) {
    std::vector<std::string> warnings;
    DictBuilder dict(arena_);
    dict.SetText("at", hop.at)
        .SetText("alias", step.alias)
        .SetText("dataset", step.dataset)
        .SetText("key", join.key->expression())
        .SetText("by", join.key->IsId() ? "_id" : "index")
        .SetText("reads", step.reads ? "some" : "all")
        .Set("recurse", Value::Boolean(spec.recurse));
    if (join.from) dict.SetText("from", join.from->expression());
    SLUICE_TRY(const auto info, snapshot_->FindDataset(step.dataset));
    if (!info) {
      warnings.push_back("the dataset is not there");
    } else if (!join.key->IsId()) {
      SLUICE_TRY(const Value index, Index(*join.key, *info, warnings));
      dict.Set("index", index);
    }
    if (const auto counts = seen_.find(join.key.get()); counts != seen_.end()) {
      dict.Set("seen", Seen(counts->second, warnings));
    }
    dict.SetText("followed_back", FollowedBack(hop, spec, step, join))
        .Set("warnings", Texts(warnings));
    return dict.Make();
  }

  Result<Value> Index(const dtl::IndexedKey& key, const storage::DatasetInfo& info,
                      std::vector<std::string>& warnings) {
    DictBuilder dict(arena_);
    const auto number = indexes_.Find(info.number, key.expression());
    if (!number) {
      warnings.push_back("there is no index yet: the dataset is read as a whole");
      return dict.Make();
    }
    for (const auto& index : store_.ListIndexes(info.number)) {
      if (index.number != *number) continue;
      dict.SetInteger("number", index.number)
          .Set("ready", Value::Boolean(index.ready))
          .SetInteger("entries", index.entries);
      if (index.ready) {
        SLUICE_TRY(const Value expected, Expected(key, info.number, *number, warnings));
        dict.Set("expected", expected);
      }
    }
    return dict.Make();
  }

  // How many entities a key has, by the keys of some entities.
  Result<Value> Expected(const dtl::IndexedKey& key, storage::DatasetNumber dataset, uint32_t index,
                         std::vector<std::string>& warnings) {
    SLUICE_TRY(auto reader, snapshot_->ReadById(dataset, {}, /*deleted=*/false));
    std::vector<Entity> entities;
    SLUICE_TRY(reader->Next(kSampleEntities, arena_, entities));
    uint64_t keys = 0;
    uint64_t total = 0;
    uint64_t most = 0;
    for (const Entity& entity : entities) {
      for (const Value& value : key.Keys(entity, arena_)) {
        std::string bytes;
        AppendEqualityKey(value, bytes);
        SLUICE_TRY(const uint64_t count, snapshot_->CountIds(index, bytes, kCountMax));
        ++keys;
        total += count;
        most = std::max(most, count);
        if (value.IsString() && value.text().empty() && count > 1) {
          warnings.push_back(
              fmt::format("{} entities have a blank key: they join each other", count));
        }
      }
    }
    if (most >= kHotKey) warnings.push_back(fmt::format("a key has {} entities", most));
    DictBuilder dict(arena_);
    dict.SetInteger("sampled", keys)
        .Set("mean",
             Value::Float(keys == 0 ? 0.0 : static_cast<double>(total) / static_cast<double>(keys)))
        .SetInteger("most", most);
    return dict.Make();
  }

  Value Seen(const JoinCounts& counts, std::vector<std::string>& warnings) {
    if (counts.without > 0) {
      warnings.push_back(fmt::format("{} entities had no key (null or missing): they join nothing",
                                     counts.without));
    }
    if (counts.blank > 0) {
      warnings.push_back(fmt::format("{} keys were blank", counts.blank));
    }
    if (counts.most >= kHotKey) {
      warnings.push_back(
          fmt::format("the key {} has found {} entities", counts.most_key, counts.most));
    }
    DictBuilder dict(arena_);
    dict.SetInteger("keys", counts.keys)
        .SetInteger("found", counts.found)
        .SetInteger("most", counts.most)
        .SetText("most_key", counts.most_key)
        .SetInteger("without_key", counts.without)
        .SetInteger("blank", counts.blank);
    return dict.Make();
  }

  std::string FollowedBack(const dtl::Hop&, const dtl::HopSpec& spec, const dtl::HopStep& step,
                           const dtl::HopJoin& join) const {
    if (!pipe_.tracking.inverse.datasets.contains(step.dataset)) return "not at all";
    if (!spec.track) return "not at all: track-dependencies is false";
    if (pipe_.tracking.inverse.records_all) return "by the keys recorded for each source entity";
    if (!join.from) return "by the keys recorded for each source entity";
    const std::string to =
        step.parent >= 0 ? fmt::format("\"{}\"", spec.steps[static_cast<size_t>(step.parent)].alias)
                         : std::string("what the hop begins at");
    if (join.from->IsId()) return fmt::format("by _id to {}", to);
    return fmt::format("by an index over {} to {}", join.from->expression(), to);
  }

  Result<Value> Tracking() {
    SLUICE_TRY(const PipeState state, LoadPipeState(store_, pipe_.id));
    std::vector<Value> list;
    for (const std::string& name : pipe_.tracking.inverse.datasets) {
      DictBuilder dict(arena_);
      dict.SetText("dataset", name);
      const TrackedDataset* const tracked = state.tracking.Find(name);
      SLUICE_TRY(const auto info, snapshot_->FindDataset(name));
      const bool same = tracked && info && tracked->incarnation == IncarnationName(*info);
      dict.Set("offset",
               same ? Value::Integer(static_cast<int64_t>(tracked->next)) : Value::Null());
      const storage::Offset from = same ? tracked->next : 0;
      dict.SetInteger("behind", info && info->next_offset > from ? info->next_offset - from : 0);
      list.push_back(dict.Make());
    }
    return List(list);
  }

  const CompiledPipe& pipe_;
  const storage::Store& store_;
  const Indexes& indexes_;
  Arena& arena_;
  std::shared_ptr<const storage::Snapshot> snapshot_;
  JoinCountsByKey seen_;
};

}  // namespace

Result<Value> ExplainPipe(const CompiledPipe& pipe, const storage::Store& store,
                          const Indexes& indexes, Arena& arena) {
  return Explainer(pipe, store, indexes, arena).Explain();
}

}  // namespace sluice::pipe
