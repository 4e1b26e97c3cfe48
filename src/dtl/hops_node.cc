#include "dtl/hops_node.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "dtl/equality.h"
#include "dtl/path.h"

namespace sluice::dtl {
namespace {

using Entities = std::span<const Entity* const>;

// Rows of joined entities: one column for each step. They lie in the arena.
struct Rows {
  size_t width = 0;
  Entities cells;

  size_t size() const { return width == 0 ? 0 : cells.size() / width; }
  Entities row(size_t i) const { return cells.subspan(i * width, width); }
};

// Puts the slots of a spec back as they were: a rule that is run from inside a hop may run the hop
// again.
class SlotsKept {
 public:
  SlotsKept(Evaluator& evaluator, const std::vector<int>& slots)
      : evaluator_(evaluator),
        slots_(slots),
        kept_(evaluator.arena().AllocateArray<Value>(slots.size())) {
    for (size_t i = 0; i < slots.size(); ++i) new (kept_ + i) Value(evaluator.slots[slots[i]]);
  }
  ~SlotsKept() {
    for (size_t i = 0; i < slots_.size(); ++i) evaluator_.slots[slots_[i]] = kept_[i];
  }
  SlotsKept(const SlotsKept&) = delete;
  SlotsKept& operator=(const SlotsKept&) = delete;

 private:
  Evaluator& evaluator_;
  const std::vector<int>& slots_;
  Value* const kept_;
};

// One run of one spec from one value.
class SpecRun {
 public:
  SpecRun(Evaluator& evaluator, const HopSpecNode& spec) : evaluator_(evaluator), spec_(spec) {}

  Result<Rows> Run() {
    Rows rows;
    SLUICE_TRY(const bool passes, PassesAll(spec_.first_filters));
    if (!passes) return rows;
    size_t count = 1;
    for (size_t k = 0; k < spec_.steps.size() && count != 0; ++k) {
      SLUICE_TRY(rows, Extend(rows, count, k));
      count = rows.size();
    }
    return rows;
  }

  void Bind(Entities row) {
    for (size_t i = 0; i < row.size(); ++i)
      evaluator_.slots[spec_.steps[i].slot] = Value::OfEntity(row[i]);
  }

 private:
  Result<bool> PassesAll(const std::vector<NodePtr>& filters) {
    for (const NodePtr& filter : filters) {
      SLUICE_TRY(const Value value, dtl::Try(*filter, evaluator_));
      if (!value.IsTrue()) return false;
    }
    return true;
  }

  Result<bool> Overlaps(const HopOverlap& overlap) {
    for (const auto& [left, right] : overlap.parts) {
      SLUICE_TRY(const Value a, dtl::Try(*left, evaluator_));
      SLUICE_TRY(const Value b, dtl::Try(*right, evaluator_));
      if (Overlap(a, b)) return true;
    }
    return false;
  }

  // Joins one more alias to `count` rows (one empty row at first): all rows' keys are looked up at
  // once.
  Result<Rows> Extend(const Rows& rows, size_t count, size_t k) {
    const HopStepNode& step = spec_.steps[k];
    SLUICE_TRY(const std::span<Entities> found, FindAll(step, rows, count));
    size_t cells_max = 0;
    for (const Entities& entities : found) cells_max += entities.size() * (k + 1);
    auto* const cells = evaluator_.arena().AllocateArray<const Entity*>(cells_max);
    size_t cell = 0;
    for (size_t i = 0; i < count; ++i) {
      CountTrace(step, found[i].size());
      const Entities row = rows.width == 0 ? Entities() : rows.row(i);
      Bind(row);
      for (const Entity* entity : found[i]) {
        SLUICE_TRY(evaluator_.TryStep());
        evaluator_.slots[step.slot] = Value::OfEntity(entity);
        SLUICE_TRY(const bool passes, Passes(step));
        if (!passes) continue;
        for (const Entity* before : row) cells[cell++] = before;
        cells[cell++] = entity;
      }
    }
    return Rows{.width = k + 1, .cells = {cells, cell}};
  }

  // What each row is joined with, in the order of ids, each once.
  Result<std::span<Entities>> FindAll(const HopStepNode& step, const Rows& rows, size_t count) {
    Arena& arena = evaluator_.arena();
    auto* const found = arena.AllocateArray<Entities>(count);
    for (size_t i = 0; i < count; ++i) new (found + i) Entities();
    if (step.lookups.size() == 1) {
      SLUICE_TRY(Find(step.lookups[0], rows, {found, count}));
      return std::span(found, count);
    }
    auto* const more = arena.AllocateArray<Entities>(count);
    for (const HopLookup& lookup : step.lookups) {
      for (size_t i = 0; i < count; ++i) new (more + i) Entities();
      SLUICE_TRY(Find(lookup, rows, {more, count}));
      for (size_t i = 0; i < count; ++i) found[i] = United(std::array{found[i], more[i]});
    }
    return std::span(found, count);
  }

  Result<bool> Passes(const HopStepNode& step) {
    for (const HopOverlap& overlap : step.overlaps) {
      SLUICE_TRY(const bool passes, Overlaps(overlap));
      if (!passes) return false;
    }
    return PassesAll(step.filters);
  }

  // What each row's keys find.
  Result<void> Find(const HopLookup& lookup, const Rows& rows, std::span<Entities> found) {
    Arena& arena = evaluator_.arena();
    auto* const values = arena.AllocateArray<Value>(found.size());
    size_t keys_max = 0;
    for (size_t i = 0; i < found.size(); ++i) {
      if (rows.width != 0) Bind(rows.row(i));
      SLUICE_TRY(const Value value, dtl::Try(*lookup.from, evaluator_));
      new (values + i) Value(value);
      keys_max += value.IsList() ? value.count() : 1;
    }
    auto* const keys = arena.AllocateArray<Value>(keys_max);
    auto* const ends = arena.AllocateArray<size_t>(found.size());
    size_t count = 0;
    for (size_t i = 0; i < found.size(); ++i) {
      if (!values[i].IsList() && !values[i].IsNull()) new (keys + count++) Value(values[i]);
      for (const Value& item : values[i].items()) {
        if (!item.IsNull()) new (keys + count++) Value(item);
      }
      ends[i] = count;
    }
    if (count == 0) return {};
    SLUICE_TRY(const auto entities, evaluator_.lookup()->Find(*lookup.key, {keys, count}, arena));
    SLUICE_CHECK(entities.size() == count);
    size_t key = 0;
    for (size_t i = 0; i < found.size(); ++i) {
      found[i] = United(std::span(entities).subspan(key, ends[i] - key));
      key = ends[i];
    }
    return {};
  }

  // All lists together, in the order of ids, each entity once. A list that is alone is not copied.
  Entities United(std::span<const Entities> lists) {
    if (lists.size() <= 1) return lists.empty() ? Entities() : lists[0];
    size_t count = 0;
    for (const Entities& list : lists) count += list.size();
    auto* const all = evaluator_.arena().AllocateArray<const Entity*>(count);
    auto* end = all;
    for (const Entities& list : lists) end = std::copy(list.begin(), list.end(), end);
    std::sort(all, end, [](const Entity* a, const Entity* b) { return a->id() < b->id(); });
    end =
        std::unique(all, end, [](const Entity* a, const Entity* b) { return a->id() == b->id(); });
    return {all, static_cast<size_t>(end - all)};
  }

  void CountTrace(const HopStepNode& step, uint64_t count) {
    Trace* trace = evaluator_.environment().trace;
    if (!trace || spec_.trace.empty()) return;
    uint64_t& most = (*trace)[spec_.trace][step.alias];
    most = std::max(most, count);
  }

  Evaluator& evaluator_;
  const HopSpecNode& spec_;
};

class HopsNode final : public ResultNode {
 public:
  HopsNode(std::vector<HopSpecNode> specs, const Rule* rule, std::string at)
      : specs_(std::move(specs)), rule_(rule), at_(std::move(at)) {}

  Result<Value> Try(Evaluator& evaluator) const override {
    auto result = Run(evaluator);
    if (!result.ok()) return AtPlace(result.TakeError(), at_);
    return result;
  }

 private:
  Result<Value> Run(Evaluator& evaluator) const {
    SLUICE_TRY(evaluator.TryStep());
    if (!evaluator.lookup()) {
      return MakeError(Code::kInternal, "there are no datasets to hop to here");
    }
    std::vector<Value> values = {evaluator.frame->source};
    for (const HopSpecNode& spec : specs_) {
      std::vector<Value> results;
      for (const Value& value : values) SLUICE_TRY(RunSpec(evaluator, spec, value, results));
      values = std::move(results);
    }
    ListBuilder list(evaluator.arena());
    for (const Value& value : values) {
      if (!rule_) {
        list.Add(WithoutMetadata(value));
      } else if (value.IsNull()) {
        list.Add(value);
      } else {
        Value target;
        const Flow flow = evaluator.ApplyRule(*rule_, value, target);
        if (flow == Flow::kFailed) return evaluator.TakeError();
        if (flow == Flow::kNext) list.Add(target);
      }
    }
    return list.List();
  }

  Result<void> RunSpec(Evaluator& evaluator, const HopSpecNode& spec, const Value& from,
                       std::vector<Value>& results) const {
    const SlotsKept kept(evaluator, spec.slots);
    const Frame* outer = evaluator.frame;
    const Frame frame = MakeFrame(from, outer->target, outer->parent);
    evaluator.frame = &frame;
    auto done =
        spec.recurse ? Recurse(evaluator, spec, from, results) : Once(evaluator, spec, results);
    evaluator.frame = outer;
    return done;
  }

  static Result<void> Once(Evaluator& evaluator, const HopSpecNode& spec,
                           std::vector<Value>& results) {
    SpecRun run(evaluator, spec);
    SLUICE_TRY(const Rows rows, run.Run());
    for (size_t i = 0; i < rows.size(); ++i) {
      run.Bind(rows.row(i));
      if (spec.return_node) {
        SLUICE_TRY(const Value value, dtl::Try(*spec.return_node, evaluator));
        results.push_back(value);
        continue;
      }
      for (const int slot : spec.return_slots) results.push_back(evaluator.slots[slot]);
    }
    return {};
  }

  // Level by level; an entity is given and followed once, so that cycles end.
  static Result<void> Recurse(Evaluator& evaluator, const HopSpecNode& spec, const Value& root,
                              std::vector<Value>& results) {
    if (!spec.exclude_root) results.push_back(root);
    const Value root_dict = WithoutMetadata(root);
    const Frame around = *evaluator.frame;
    std::set<std::string, std::less<>> seen;
    std::vector<Value> level = {root};
    for (int64_t depth = 0; !level.empty() && (!spec.depth_max || depth < *spec.depth_max);
         ++depth) {
      std::vector<Value> found;
      for (const Value& value : level) {
        const Frame frame = MakeFrame(value, around.target, around.parent);
        evaluator.frame = &frame;
        SLUICE_TRY(Once(evaluator, spec, found));
      }
      level.clear();
      for (const Value& value : found) {
        const std::string_view id = value.entity()->id();
        if (!seen.emplace(id).second) continue;
        // The way may lead back to where it began.
        if (root_dict.Find("_id").AsString() == id && Equal(root_dict, value.entity()->dict))
          continue;
        results.push_back(value);
        level.push_back(value);
      }
    }
    return {};
  }

  std::vector<HopSpecNode> specs_;
  const Rule* rule_;
  std::string at_;
};

}  // namespace

NodePtr MakeHops(std::vector<HopSpecNode> specs, const Rule* rule, std::string at) {
  return std::make_unique<HopsNode>(std::move(specs), rule, std::move(at));
}

}  // namespace sluice::dtl
