#include <algorithm>

#include "dtl/compile.h"
#include "dtl/equality.h"
#include "dtl/expression_key.h"
#include "dtl/forms.h"
#include "dtl/hops_node.h"
#include "dtl/hops_plan.h"

namespace sluice::dtl {
namespace {

// Whether an entity is in a subset.
class SubsetNode final : public ResultNode {
 public:
  SubsetNode(NodePtr index, NodePtr value) : index_(std::move(index)), value_(std::move(value)) {}
  Result<Value> Try(Evaluator& evaluator) const override {
    SLUICE_TRY(const Value index, dtl::Try(*index_, evaluator));
    SLUICE_TRY(const Value value, dtl::Try(*value_, evaluator));
    return Value::Boolean(Overlap(index, value));
  }

 private:
  NodePtr index_;
  NodePtr value_;
};

}  // namespace

// Makes the nodes of one call of hops and notes it in the analysis.
class HopsCompiler {
 public:
  HopsCompiler(Compiler& compiler, const Expr& expr) : compiler_(compiler), expr_(expr) {}

  NodePtr Compile() {
    Hop hop{.at = expr_.at,
            .rule = expr_.hops->rule,
            .applies = expr_.rule,
            .nested = expr_.hops->nested,
            .specs = {}};
    std::vector<HopSpecNode> specs;
    for (size_t i = 0; i < expr_.hops->specs.size(); ++i) {
      const HopSpecExpr& spec = expr_.hops->specs[i];
      const SpecPlan plan = PlanSpec(spec, compiler_.issues_);
      if (plan.steps.size() != spec.aliases.size())
        return std::make_unique<LiteralNode>(Value::Null());
      from_dataset_ = FromDataset(i);
      specs.push_back(CompileSpec(spec, plan));
      hop.specs.push_back(Describe(spec, plan));
    }
    compiler_.compiled_.analysis.hops.push_back(std::move(hop));
    const Rule* rule = nullptr;
    if (!expr_.rule.empty()) {
      const auto found = compiler_.compiled_.rules.find(expr_.rule);
      // A rule that is missing is an issue already.
      if (found == compiler_.compiled_.rules.end())
        return std::make_unique<LiteralNode>(Value::Null());
      rule = &found->second;
    }
    return MakeHops(std::move(specs), rule, expr_.at);
  }

 private:
  // The dataset of the entities that spec i begins at; empty if it is not one.
  std::string FromDataset(size_t i) const {
    if (i != 0) return expr_.hops->specs[i - 1].aliases.back().dataset;
    return expr_.hops->rule == "default" ? compiler_.options().source_dataset : std::string();
  }

  HopSpecNode CompileSpec(const HopSpecExpr& spec, const SpecPlan& plan) {
    HopSpecNode node;
    for (const Expr* filter : plan.first_filters)
      node.first_filters.push_back(compiler_.Compile(*filter));
    for (const StepExpr& step : plan.steps) node.steps.push_back(CompileStep(step));
    for (const AliasExpr& alias : spec.aliases) node.slots.push_back(alias.slot);
    node.recurse = spec.recurse;
    node.exclude_root = spec.exclude_root;
    node.depth_max = spec.depth_max;
    node.trace = spec.trace;
    node.return_slots = spec.return_slots;
    if (spec.return_expr) node.return_node = compiler_.Compile(*spec.return_expr);
    return node;
  }

  HopStepNode CompileStep(const StepExpr& step) {
    HopStepNode node{.slot = step.alias->slot,
                     .alias = step.alias->name,
                     .lookups = {},
                     .filters = {},
                     .overlaps = {}};
    for (const auto& [from, key] : step.joins) {
      node.lookups.push_back({.from = compiler_.Compile(*from),
                              .key = Key(step.alias->dataset, *key, step.alias->slot)});
    }
    for (const Expr* filter : step.filters) node.filters.push_back(compiler_.Compile(*filter));
    for (const JoinExpr* join : step.overlaps) {
      HopOverlap overlap;
      for (const auto& [left, right] : join->parts) {
        overlap.parts.emplace_back(compiler_.Compile(*left), compiler_.Compile(*right));
      }
      node.overlaps.push_back(std::move(overlap));
    }
    for (const SubsetExpr* subset : step.subsets) {
      HopOverlap overlap;
      overlap.parts.emplace_back(compiler_.Compile(subset->index),
                                 compiler_.Compile(subset->value));
      node.overlaps.push_back(std::move(overlap));
    }
    return node;
  }

  // The index of one side of a join; one object for each dataset and expression.
  std::shared_ptr<const IndexedKey> Key(const std::string& dataset, const Expr& expr,
                                        std::optional<int> slot) {
    auto key = MakeKey(dataset, expr, slot);
    for (const auto& known : compiler_.compiled_.analysis.indexes) {
      if (known->dataset() == key->dataset() && known->expression() == key->expression())
        return known;
    }
    compiler_.compiled_.analysis.indexes.push_back(key);
    return key;
  }

  std::shared_ptr<const IndexedKey> MakeKey(const std::string& dataset, const Expr& expr,
                                            std::optional<int> slot) {
    return std::make_shared<ExpressionKey>(dataset,
                                           CanonicalText(expr, compiler_.options().namespaces),
                                           KeyOwner(), compiler_.Compile(expr), slot);
  }

  HopSpec Describe(const HopSpecExpr& spec, const SpecPlan& plan) {
    HopSpec hop{.steps = {},
                .recurse = spec.recurse,
                .exclude_root = spec.exclude_root,
                .track = spec.track,
                .returned = {},
                .returns_values = spec.return_expr != nullptr};
    for (const StepExpr& step : plan.steps) {
      HopStep described{.alias = step.alias->name,
                        .dataset = step.alias->dataset,
                        .parent = Parent(step, plan),
                        .joins = {},
                        .filter = Filter(step),
                        .reads = Reads(spec, *step.alias)};
      for (const auto& [from, key] : step.joins) {
        described.joins.push_back({.key = Key(step.alias->dataset, *key, step.alias->slot),
                                   .from = From(*from, step, plan)});
      }
      if (Gives(spec, *step.alias)) hop.returned.push_back(static_cast<int>(hop.steps.size()));
      hop.steps.push_back(std::move(described));
    }
    return hop;
  }

  static bool Gives(const HopSpecExpr& spec, const AliasExpr& alias) {
    return !spec.return_expr &&
           std::ranges::find(spec.return_slots, alias.slot) != spec.return_slots.end();
  }

  // Null where all of the entity goes on.
  std::shared_ptr<const EntityReads> Reads(const HopSpecExpr& spec, const AliasExpr& alias) {
    if (Gives(spec, alias)) return nullptr;
    std::vector<const Expr*> paths;
    if (!CollectPaths(spec, alias.slot, paths)) return nullptr;
    std::vector<NodePtr> nodes;
    for (const Expr* path : paths) nodes.push_back(compiler_.Compile(*path));
    return std::make_shared<ExpressionReads>(KeyOwner(), std::move(nodes), alias.slot);
  }

  // The paths into an alias; false where it is used as a whole.
  static bool CollectPaths(const HopSpecExpr& spec, int slot, std::vector<const Expr*>& paths) {
    const auto collect = [&](const Expr& expr) { return CollectPaths(expr, slot, paths); };
    return std::ranges::all_of(spec.where, collect) &&
           std::ranges::all_of(spec.subsets,
                               [&](const SubsetExpr& subset) {
                                 return collect(subset.index) && collect(subset.value);
                               }) &&
           (!spec.return_expr || collect(*spec.return_expr));
  }

  static bool CollectPaths(const Expr& expr, int slot, std::vector<const Expr*>& paths) {
    if (expr.type == Expr::Type::kPath && expr.root == Root::kAlias && expr.slot == slot) {
      if (expr.names.empty()) return false;
      paths.push_back(&expr);
      return true;
    }
    const auto collect = [&](const Expr& arg) { return CollectPaths(arg, slot, paths); };
    if (!std::ranges::all_of(expr.args, collect)) return false;
    return !expr.hops || std::ranges::all_of(expr.hops->specs, [&](const HopSpecExpr& spec) {
      return CollectPaths(spec, slot, paths);
    });
  }

  static int Parent(const StepExpr& step, const SpecPlan& plan) {
    for (size_t i = 0; i < plan.steps.size(); ++i) {
      if (plan.steps[i].alias->slot == step.parent) return static_cast<int>(i);
    }
    return ReadsRootOnly(*step.joins[0].first) ? HopStep::kRoot : HopStep::kSource;
  }

  static bool ReadsRootOnly(const Expr& expr) {
    if (expr.type == Expr::Type::kPath)
      return expr.root == Root::kRootSource || expr.root == Root::kCurrent;
    bool any = false;
    for (const Expr& arg : expr.args) {
      if (arg.IsLiteral()) continue;
      if (!ReadsRootOnly(arg)) return false;
      any = true;
    }
    return any;
  }

  // The side of a join that is bound before, where it reads one entity only.
  std::shared_ptr<const IndexedKey> From(const Expr& expr, const StepExpr& step,
                                         const SpecPlan& plan) {
    if (step.parent != JoinExpr::kOutside) {
      const auto& parent = *plan.steps[static_cast<size_t>(Parent(step, plan))].alias;
      return MakeKey(parent.dataset, expr, parent.slot);
    }
    const Uses& uses = expr.uses;
    if (expr_.hops->nested) return nullptr;
    if (uses.target || uses.current || uses.lookups || !uses.aliases.empty()) return nullptr;
    if (uses.outer && (uses.source || !ReadsRootOnly(expr))) return nullptr;
    const std::string& dataset = uses.outer ? compiler_.options().source_dataset : from_dataset_;
    return MakeKey(dataset, expr, std::nullopt);
  }

  // What a step asks of its alias alone.
  std::shared_ptr<const EntityFilter> Filter(const StepExpr& step) {
    std::vector<NodePtr> nodes;
    for (const Expr* filter : step.filters) {
      if (filter->uses.IsOnlyAlias(step.alias->slot)) nodes.push_back(compiler_.Compile(*filter));
    }
    for (const SubsetExpr* subset : step.subsets) {
      if (!subset->value.uses.IsConstant()) continue;
      nodes.push_back(std::make_unique<SubsetNode>(compiler_.Compile(subset->index),
                                                   compiler_.Compile(subset->value)));
    }
    if (nodes.empty()) return nullptr;
    return std::make_shared<ExpressionFilter>(KeyOwner(), std::move(nodes), step.alias->slot);
  }

  std::shared_ptr<const Ground> KeyOwner() { return compiler_.compiled_.ground; }

  Compiler& compiler_;
  const Expr& expr_;
  std::string from_dataset_;
};

NodePtr Compiler::CompileHops(const Expr& expr) { return HopsCompiler(*this, expr).Compile(); }

}  // namespace sluice::dtl
