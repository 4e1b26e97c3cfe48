// What can be warned of when all of a rule is known.

#pragma once

#include "config/issue.h"
#include "dtl/ast.h"

namespace sluice::dtl {

// Warns of comparisons that can never be true, and of properties written twice where the first is
// lost.
void CheckRules(const RulesExpr& rules, config::Issues& issues);
void CheckExpression(const Expr& expr, config::Issues& issues);

}  // namespace sluice::dtl
