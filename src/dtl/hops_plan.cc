#include "dtl/hops_plan.h"

#include <algorithm>
#include <set>

#include "config/issue.h"

namespace sluice::dtl {
namespace {

// What one side of an `eq` reads: the slot of one alias of this spec, or the outside.
std::optional<int> SideOf(const Expr& expr, const std::set<int>& own) {
  std::set<int> read;
  bool outside = expr.uses.IsFree();
  for (const int slot : expr.uses.aliases) {
    if (own.contains(slot)) {
      read.insert(slot);
    } else {
      outside = true;
    }
  }
  if (expr.uses.nondeterministic) return std::nullopt;
  if (read.size() == 1 && !outside && !expr.uses.lookups) return *read.begin();
  if (read.empty() && outside) return JoinExpr::kOutside;
  return std::nullopt;
}

// The join that an expression is; nothing if it is a filter.
std::optional<JoinExpr> AsJoin(const Expr& expr, const std::set<int>& own) {
  if (expr.IsCallOf("or")) {
    std::optional<JoinExpr> all;
    for (const Expr& part : expr.args) {
      auto join = AsJoin(part, own);
      if (!join) return std::nullopt;
      if (!all) {
        all = std::move(join);
        continue;
      }
      if (join->left != all->left || join->right != all->right) return std::nullopt;
      all->parts.insert(all->parts.end(), join->parts.begin(), join->parts.end());
    }
    if (all) all->whole = &expr;
    return all;
  }
  if (!expr.IsCallOf("eq")) return std::nullopt;
  auto left = SideOf(expr.args[0], own);
  auto right = SideOf(expr.args[1], own);
  if (!left || !right || *left == *right) return std::nullopt;
  JoinExpr join{
      .left = *left, .right = *right, .parts = {{&expr.args[0], &expr.args[1]}}, .whole = &expr};
  if (join.left > join.right) {
    std::swap(join.left, join.right);
    std::swap(join.parts[0].first, join.parts[0].second);
  }
  return join;
}

class Planner {
 public:
  Planner(const HopSpecExpr& spec, config::Issues& issues) : spec_(spec), issues_(issues) {
    for (const AliasExpr& alias : spec.aliases) own_.insert(alias.slot);
  }

  SpecPlan Plan() {
    Sort();
    std::vector<const AliasExpr*> left;
    for (const AliasExpr& alias : spec_.aliases) left.push_back(&alias);
    while (!left.empty()) {
      const auto next = std::find_if(left.begin(), left.end(),
                                     [&](const AliasExpr* alias) { return Bind(*alias); });
      if (next == left.end()) break;
      left.erase(next);
    }
    for (const AliasExpr* alias : left) {
      issues_.Add(
          {.level = config::Level::kError,
           .at = alias->at,
           .message = fmt::format(
               "nothing joins the alias \"{}\": an eq with the alias on one side and _S, or an "
               "alias joined before, on the other is needed",
               alias->name),
           .suggestion = {}});
    }
    if (left.empty()) Place();
    return std::move(plan_);
  }

 private:
  // Tells joins from filters. Of several joins between one pair the first is one.
  void Sort() {
    std::set<std::pair<int, int>> pairs;
    for (const Expr& part : spec_.where) {
      auto join = AsJoin(part, own_);
      if (join && pairs.insert({join->left, join->right}).second) {
        plan_.joins.push_back(std::move(*join));
        continue;
      }
      if (join) {
        issues_.Warn(part.at,
                     "these two are joined already: this eq compares exactly; tuples make one join "
                     "of several");
      }
      filters_.push_back(&part);
    }
  }

  // Joins an alias to what is bound, by the first join that can.
  bool Bind(const AliasExpr& alias) {
    for (size_t i = 0; i < plan_.joins.size(); ++i) {
      const JoinExpr& join = plan_.joins[i];
      const bool right = join.right == alias.slot;
      if (!right && join.left != alias.slot) continue;
      const int parent = right ? join.left : join.right;
      if (parent != JoinExpr::kOutside && !bound_.contains(parent)) continue;
      StepExpr step{.alias = &alias,
                    .parent = parent,
                    .joins = {},
                    .filters = {},
                    .overlaps = {},
                    .subsets = {}};
      for (const auto& [left_side, right_side] : join.parts) {
        step.joins.emplace_back(right ? left_side : right_side, right ? right_side : left_side);
      }
      plan_.steps.push_back(std::move(step));
      bound_.insert(alias.slot);
      used_.insert(i);
      return true;
    }
    return false;
  }

  // Puts each filter where the last alias that it reads is bound.
  void Place() {
    for (const Expr* filter : filters_) {
      const int at = LastStep(filter->uses.aliases);
      (at < 0 ? plan_.first_filters : plan_.steps[static_cast<size_t>(at)].filters)
          .push_back(filter);
    }
    for (size_t i = 0; i < plan_.joins.size(); ++i) {
      if (used_.contains(i)) continue;
      const int at = LastStep({plan_.joins[i].left, plan_.joins[i].right});
      plan_.steps[static_cast<size_t>(at)].overlaps.push_back(&plan_.joins[i]);
    }
    for (const SubsetExpr& subset : spec_.subsets) {
      const int at = LastStep({subset.slot});
      plan_.steps[static_cast<size_t>(at)].subsets.push_back(&subset);
    }
  }

  int LastStep(const std::set<int>& slots) const {
    for (int i = static_cast<int>(plan_.steps.size()) - 1; i >= 0; --i) {
      if (slots.contains(plan_.steps[static_cast<size_t>(i)].alias->slot)) return i;
    }
    return -1;
  }

  const HopSpecExpr& spec_;
  config::Issues& issues_;
  std::set<int> own_;
  std::set<int> bound_;
  std::set<size_t> used_;
  std::vector<const Expr*> filters_;
  SpecPlan plan_;
};

}  // namespace

SpecPlan PlanSpec(const HopSpecExpr& spec, config::Issues& issues) {
  return Planner(spec, issues).Plan();
}

}  // namespace sluice::dtl
