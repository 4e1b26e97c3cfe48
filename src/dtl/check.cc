#include "dtl/check.h"

#include <map>

#include "dtl/equality.h"

namespace sluice::dtl {
namespace {

// A set of the kinds that an expression may give.
using Kinds = uint32_t;
constexpr Kinds kAny = ~Kinds{0};
constexpr Kinds Bit(sluice::Kind kind) { return Kinds{1} << static_cast<int>(kind); }
constexpr Kinds kNumbers =
    Bit(sluice::Kind::kInteger) | Bit(sluice::Kind::kFloat) | Bit(sluice::Kind::kDecimal);
constexpr Kinds kBoolean = Bit(sluice::Kind::kBoolean);
constexpr Kinds kStrings = Bit(sluice::Kind::kString);

// A list of one is compared as its item, so that it may be of any kind.
Kinds KindsOf(const Value& literal) {
  if (literal.IsNumber()) return kNumbers;
  if (literal.IsList()) return kAny;
  return Bit(literal.kind());
}

Kinds KindsOf(const Expr& expr) {
  if (expr.IsLiteral()) return KindsOf(expr.literal);
  if (expr.type == Expr::Type::kPath) {
    const bool entity = expr.root == Root::kSource || expr.root == Root::kRootSource;
    if (!entity || expr.names.size() != 1) return kAny;
    if (expr.names[0].name == "_deleted") return kBoolean | Bit(sluice::Kind::kNull);
    return kAny;
  }
  static const std::map<std::string_view, Kinds> results = {
      {"and", kBoolean},      {"or", kBoolean},           {"not", kBoolean},
      {"eq", kBoolean},       {"neq", kBoolean},          {"gt", kBoolean},
      {"gte", kBoolean},      {"lt", kBoolean},           {"lte", kBoolean},
      {"in", kBoolean},       {"is-null", kBoolean},      {"is-not-null", kBoolean},
      {"is-empty", kBoolean}, {"is-not-empty", kBoolean}, {"count", kNumbers},
      {"concat", kStrings},
  };
  const std::string_view name = expr.function->name;
  const auto found = results.find(name);
  if (found != results.end()) return found->second;
  // `is-changed` is null where there is nothing to compare with.
  return name.starts_with("is-") ? kBoolean | Bit(sluice::Kind::kNull) : kAny;
}

void CheckComparison(const Expr& call, config::Issues& issues) {
  const std::string_view name = call.function->name;
  const Expr& left = call.args[0];
  const Expr& right = call.args[1];
  if (name == "eq") {
    if ((KindsOf(left) & KindsOf(right)) == 0) {
      issues.Warn(call.at, "this comparison can never be true: the sides are of different types");
    }
    return;
  }
  for (const Expr* side : {&left, &right}) {
    if (side->IsLiteral() && side->literal.IsNull()) {
      issues.Warn(call.at,
                  fmt::format("this comparison can never be true: {} with null is false", name));
      return;
    }
  }
  if ((KindsOf(left) & KindsOf(right)) == 0) {
    issues.Warn(call.at, "this comparison can never be true: the sides are of different types");
  }
}

class Checker {
 public:
  explicit Checker(config::Issues& issues) : issues_(issues) {}

  void Check(const Expr& expr) {
    for (const Expr& arg : expr.args) Check(arg);
    if (expr.hops) {
      for (const HopSpecExpr& spec : expr.hops->specs) {
        for (const Expr& part : spec.where) Check(part);
        if (spec.return_expr) Check(*spec.return_expr);
      }
    }
    if (expr.type != Expr::Type::kCall || expr.args.size() != 2) return;
    const std::string_view name = expr.function->name;
    if (name == "eq" || name == "gt" || name == "gte" || name == "lt" || name == "lte") {
      CheckComparison(expr, issues_);
    }
  }

  // A property that is added again before anything could read it loses its first value.
  void Check(const BlockExpr& block) {
    std::map<std::string_view, const TransformExpr*> written;
    for (const TransformExpr& transform : block) {
      for (const Expr& arg : transform.args) Check(arg);
      for (const BlockExpr& inner : transform.blocks) Check(inner);
      if (ReadsTarget(transform)) written.clear();
      if (transform.type != TransformType::kAdd || !transform.args[0].literal.IsString()) continue;
      const auto [place, added] = written.emplace(transform.args[0].literal.text(), &transform);
      if (added) continue;
      issues_.Warn(transform.at, fmt::format("\"{}\" is written twice: the value of {} is lost",
                                             place->first, place->second->at));
      place->second = &transform;
    }
  }

 private:
  // What an applied rule, a hop or a condition may read is not looked into: it counts as reading.
  static bool ReadsTarget(const TransformExpr& transform) {
    if (!transform.blocks.empty()) return true;
    for (const Expr& arg : transform.args) {
      if (arg.uses.target || arg.uses.outer || arg.uses.context) return true;
    }
    switch (transform.type) {
      case TransformType::kFilter:
      case TransformType::kDiscard:
      case TransformType::kRemove:
      case TransformType::kMergeUnion:
        return true;
      default:
        return false;
    }
  }

  config::Issues& issues_;
};

}  // namespace

void CheckRules(const RulesExpr& rules, config::Issues& issues) {
  for (const auto& [name, rule] : rules.rules) Checker(issues).Check(rule.block);
}

void CheckExpression(const Expr& expr, config::Issues& issues) { Checker(issues).Check(expr); }

}  // namespace sluice::dtl
