// The plan of a hop: in which order its datasets are joined, by which index, and when each filter
// is asked.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dtl/ast.h"
#include "dtl/node.h"
#include "dtl/program.h"

namespace sluice::dtl {

// One join between two aliases, or between an alias and what is bound already.
struct JoinExpr {
  static constexpr int kOutside = -1;  // Instead of a slot: what the hop begins at.

  int left = kOutside;
  int right = kOutside;
  std::vector<std::pair<const Expr*, const Expr*>> parts;  // Any of them joins.
  const Expr* whole = nullptr;
};

struct StepExpr {
  const AliasExpr* alias = nullptr;
  int parent = JoinExpr::kOutside;  // The slot that the join begins at.
  // What is looked up and the key it is looked up by.
  std::vector<std::pair<const Expr*, const Expr*>> joins;
  std::vector<const Expr*> filters;       // Asked when this alias is bound.
  std::vector<const JoinExpr*> overlaps;  // Joins between aliases that are bound by others.
  std::vector<const SubsetExpr*> subsets;
};

struct SpecPlan {
  std::vector<const Expr*> first_filters;  // Those that read no alias.
  std::vector<JoinExpr> joins;
  std::vector<StepExpr> steps;
};

// Plans one HOP_SPEC. An alias that nothing joins is an error at its place; a second join between
// the same two aliases is a warning and compares exactly.
SpecPlan PlanSpec(const HopSpecExpr& spec, config::Issues& issues);

}  // namespace sluice::dtl
