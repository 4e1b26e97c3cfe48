// The compiler: a syntax tree becomes executable nodes.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/arena.h"
#include "config/issue.h"
#include "dtl/ast.h"
#include "dtl/node.h"
#include "dtl/program.h"

namespace sluice::dtl {

// What compiled nodes refer to. Programs and the keys of indexes share it, so that a key may
// outlive its program.
struct Ground {
  Arena constants;
  CompileOptions options;
  int slots = 0;
};

struct Compiled {
  std::shared_ptr<Ground> ground;
  // Filled before the first run; the map's addresses stay.
  std::map<std::string, Rule, std::less<>> rules;
  Analysis analysis;
};

class Compiler {
 public:
  Compiler(Compiled& compiled, config::Issues& issues);

  NodePtr Compile(const Expr& expr);
  Block CompileBlock(const BlockExpr& block);
  // The rules' names are known before their bodies, since rules apply each other.
  void CompileRules(const RulesExpr& rules);

  // The value of an expression that depends on nothing; nothing if it fails or is large.
  std::optional<Value> Fold(const Expr& expr, const Node& node);

 private:
  // compile_expression.cc
  NodePtr CompileAny(const Expr& expr);
  NodePtr CompilePath(const Expr& expr);
  NodePtr CompileCall(const Expr& expr);
  NodePtr CompileFunction(const Expr& expr);
  NodePtr CompileForm(const Expr& expr);
  std::vector<NodePtr> CompileArgs(const Expr& expr);

  // compile_transform.cc
  StepPtr CompileStep(const TransformExpr& transform);

  // hops_plan.cc
  NodePtr CompileHops(const Expr& expr);

  friend class HopsCompiler;

  const CompileOptions& options() const { return compiled_.ground->options; }

  Compiled& compiled_;
  config::Issues& issues_;
  SourceFields* fields_ = nullptr;  // Of the rule that is being compiled.
};

}  // namespace sluice::dtl
