#include "dtl/ast.h"

#include <algorithm>

namespace sluice::dtl {

void Uses::Add(const Uses& other) {
  source |= other.source;
  target |= other.target;
  outer |= other.outer;
  current |= other.current;
  context |= other.context;
  lookups |= other.lookups;
  nondeterministic |= other.nondeterministic;
  aliases.insert(other.aliases.begin(), other.aliases.end());
}

bool Uses::IsOnlyAlias(int slot) const {
  return !IsFree() && !lookups && !nondeterministic && aliases.size() == 1 &&
         *aliases.begin() == slot;
}

bool Expr::IsCallOf(std::string_view name) const {
  return type == Type::kCall && function->name == name && !function->transform;
}

int NestingOf(const Expr& expr) {
  int deepest = 0;
  for (const Expr& arg : expr.args) deepest = std::max(deepest, NestingOf(arg));
  if (!expr.hops) return deepest + 1;
  for (const HopSpecExpr& spec : expr.hops->specs) {
    for (const Expr& part : spec.where) deepest = std::max(deepest, NestingOf(part));
    if (spec.return_expr) deepest = std::max(deepest, NestingOf(*spec.return_expr));
    for (const SubsetExpr& subset : spec.subsets)
      deepest = std::max(deepest, NestingOf(subset.index));
  }
  return deepest + 1;
}

int NestingOf(const BlockExpr& block) {
  int deepest = 0;
  for (const TransformExpr& transform : block) {
    for (const Expr& arg : transform.args) deepest = std::max(deepest, NestingOf(arg));
    for (const BlockExpr& inner : transform.blocks) deepest = std::max(deepest, NestingOf(inner));
  }
  return deepest + 1;
}

}  // namespace sluice::dtl
