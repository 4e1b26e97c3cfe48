// Compiling one expression that an index can hold: what joins outside of rules are made of.

#pragma once

#include <memory>
#include <span>
#include <string>

#include "config/issue.h"
#include "config/view.h"
#include "dtl/ast.h"
#include "dtl/compile.h"

namespace sluice::dtl {

struct KeyExpression {
  Expr expr;
  std::shared_ptr<const Ground> ground;
  std::shared_ptr<const Node> node;
};

// `aliases` stand for entities, in slots from 0 on. Findings go to `issues`; the first error comes
// back too.
Result<KeyExpression> CompileKeyExpression(const config::ConfigView& expression,
                                           std::span<const std::string> aliases,
                                           const Catalogue& catalogue,
                                           const CompileOptions& options, config::Issues& issues);

}  // namespace sluice::dtl
