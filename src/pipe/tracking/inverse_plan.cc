#include "pipe/tracking/inverse_plan.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <tuple>

#include "value/relations.h"

namespace sluice::pipe {
namespace {

using dtl::Hop;
using dtl::HopSpec;
using dtl::HopStep;

// Where the value that a spec begins at may come from: the source, or steps of specs.
using Origins = std::set<int>;

class Builder {
 public:
  Builder(const dtl::Analysis& analysis, const std::vector<std::string>& sources,
          const std::string& sink, InversePlan& plan)
      : analysis_(analysis), sources_(sources), sink_(sink), plan_(plan) {}

  void Build(const std::string& why_not_stored) {
    AddNodes();
    if (!any_tracked_) {
      plan_.nodes.resize(first_);
      return;
    }
    std::string why = why_not_stored;
    if (why.empty()) {
      if (auto reason = Connect()) why = std::move(*reason);
    }
    if (!why.empty()) Record(std::move(why));
    // Deleted source entities are recorded in any case.
    for (auto& [position, step] : steps_) {
      InverseNode& node = plan_.nodes[position];
      for (const auto& join : step->joins) {
        node.edges.push_back({.to = InverseEdge::kRecorded,
                              .key = join.key,
                              .from = {},
                              .lookup = LookupNumber(*join.key)});
      }
    }
    FindCycles();
  }

 private:
  void AddNodes() {
    first_ = plan_.nodes.size();
    for (size_t h = 0; h < analysis_.hops.size(); ++h) {
      const Hop& hop = analysis_.hops[h];
      for (size_t s = 0; s < hop.specs.size(); ++s) {
        for (size_t k = 0; k < hop.specs[s].steps.size(); ++k) {
          const HopStep& step = hop.specs[s].steps[k];
          const bool tracked = hop.specs[s].track && step.dataset != sink_;
          any_tracked_ |= tracked;
          if (tracked) plan_.datasets.insert(step.dataset);
          positions_[{h, s, k}] = static_cast<int>(plan_.nodes.size());
          steps_.emplace_back(plan_.nodes.size(), &step);
          plan_.nodes.push_back({.at = hop.at,
                                 .alias = step.alias,
                                 .dataset = step.dataset,
                                 .tracked = tracked,
                                 .filter = step.filter,
                                 .reads = step.reads,
                                 .edges = {}});
        }
      }
    }
  }

  // Why the joins cannot be followed back; nothing if they can.
  std::optional<std::string> Connect() {
    for (size_t h = 0; h < analysis_.hops.size(); ++h) {
      for (size_t s = 0; s < analysis_.hops[h].specs.size(); ++s) {
        if (auto why = ConnectSpec(h, s)) return why;
      }
    }
    return std::nullopt;
  }

  std::optional<std::string> ConnectSpec(size_t h, size_t s) {
    const Hop& hop = analysis_.hops[h];
    const HopSpec& spec = hop.specs[s];
    if (hop.nested) return "a hop stands inside another one";
    Origins origins;
    if (auto why = OriginsOf(h, s, origins)) return why;
    if (spec.recurse) AddReturned(h, s, origins);
    for (size_t k = 0; k < spec.steps.size(); ++k) {
      const HopStep& step = spec.steps[k];
      const int position = positions_[{h, s, k}];
      for (const auto& join : step.joins) {
        if (!join.from) return "a join's key reads more than one entity of the source";
        if (step.parent >= 0) {
          Add(position, join, positions_[{h, s, static_cast<size_t>(step.parent)}]);
        } else if (step.parent == HopStep::kRoot) {
          Add(position, join, InverseEdge::kSource);
        } else {
          for (const int origin : origins) Add(position, join, origin);
        }
      }
    }
    return std::nullopt;
  }

  void Add(int position, const dtl::HopJoin& join, int to) {
    const auto add = [&](const std::string& dataset) {
      auto from = join.from->dataset() == dataset ? join.from : join.from->Over(dataset);
      plan_.indexes.push_back(from);
      plan_.nodes[static_cast<size_t>(position)].edges.push_back(
          {.to = to, .key = join.key, .from = std::move(from), .lookup = 0});
    };
    if (to != InverseEdge::kSource) return add(plan_.nodes[static_cast<size_t>(to)].dataset);
    for (const std::string& source : sources_) add(source);
  }

  // What the values that spec `s` begins at are.
  std::optional<std::string> OriginsOf(size_t h, size_t s, Origins& origins) {
    if (s != 0) return ResultsOf(h, s - 1, origins);
    const Hop& hop = analysis_.hops[h];
    if (hop.rule.empty() || hop.rule == "default") {
      origins.insert(InverseEdge::kSource);
      return std::nullopt;
    }
    for (size_t g = 0; g < analysis_.hops.size(); ++g) {
      const Hop& caller = analysis_.hops[g];
      if (caller.applies != hop.rule || caller.specs.empty()) continue;
      if (caller.nested) return "a hop stands inside another one";
      if (auto why = ResultsOf(g, caller.specs.size() - 1, origins)) return why;
    }
    return std::nullopt;
  }

  std::optional<std::string> ResultsOf(size_t h, size_t s, Origins& origins) {
    const HopSpec& spec = analysis_.hops[h].specs[s];
    if (spec.returns_values) return "a hop begins at what an expression of another one gives";
    AddReturned(h, s, origins);
    // A recursion gives also what it began at. The calls of a rule that applies itself meet here
    // again, and need no second look.
    if (!spec.recurse || spec.exclude_root || !visiting_.insert({h, s}).second) return std::nullopt;
    auto why = OriginsOf(h, s, origins);
    visiting_.erase({h, s});
    return why;
  }

  void AddReturned(size_t h, size_t s, Origins& origins) {
    for (const int step : analysis_.hops[h].specs[s].returned) {
      origins.insert(positions_[{h, s, static_cast<size_t>(step)}]);
    }
  }

  void Record(std::string why) {
    plan_.records_all = true;
    plan_.recorded_because.push_back(std::move(why));
    for (size_t i = first_; i < plan_.nodes.size(); ++i) plan_.nodes[i].edges.clear();
  }

  void FindCycles() {
    enum class Mark { kNew, kOpen, kDone };
    std::vector<Mark> marks(plan_.nodes.size(), Mark::kNew);
    const std::function<bool(size_t)> visit = [&](size_t node) {
      if (marks[node] != Mark::kNew) return marks[node] == Mark::kOpen;
      marks[node] = Mark::kOpen;
      const bool found = std::ranges::any_of(plan_.nodes[node].edges, [&](const InverseEdge& edge) {
        return edge.to >= 0 && visit(static_cast<size_t>(edge.to));
      });
      marks[node] = Mark::kDone;
      return found;
    };
    for (size_t i = 0; i < plan_.nodes.size(); ++i) plan_.cyclic |= visit(i);
  }

  const dtl::Analysis& analysis_;
  const std::vector<std::string>& sources_;
  const std::string& sink_;
  InversePlan& plan_;
  size_t first_ = 0;
  bool any_tracked_ = false;
  std::map<std::tuple<size_t, size_t, size_t>, int> positions_;
  std::vector<std::pair<size_t, const HopStep*>> steps_;
  std::set<std::pair<size_t, size_t>> visiting_;
};

}  // namespace

uint64_t LookupNumber(const dtl::IndexedKey& key) {
  const std::string name = key.dataset() + '\0' + key.expression();
  return EqualityHash(Value::String(name));
}

void AddProgram(const dtl::Analysis& analysis, const std::vector<std::string>& source_datasets,
                const std::string& why_not_stored, const std::string& sink_dataset,
                InversePlan& plan) {
  Builder(analysis, source_datasets, sink_dataset, plan).Build(why_not_stored);
}

}  // namespace sluice::pipe
