#include "dtl/call_node.h"
#include "dtl/compile.h"
#include "dtl/forms.h"
#include "dtl/lookup_node.h"
#include "value/record.h"

namespace sluice::dtl {
namespace {

// What folding may keep of one expression: a huge constant is made when it is needed.
constexpr size_t kFoldedBytesMax = 64 * 1024;
// What working it out may take.
constexpr size_t kFoldingBytesMax = 1024 * 1024;

// The call of a function that makes its body from literals.
class BoundCall final : public Call {
 public:
  BoundCall(Compiler& compiler, const Expr& expr, const std::vector<NodePtr>& args) : expr_(expr) {
    for (size_t i = 0; i < args.size(); ++i) {
      const Value* literal = args[i]->literal();
      // Without folding a constant expression is worked out here, so that both ways accept the same
      // rules.
      const bool lazy = expr.params[i]->kind == Kind::kFunction;
      constants_.push_back(literal ? std::optional(*literal)
                           : lazy  ? std::nullopt
                                   : compiler.Fold(expr.args[i], *args[i]));
    }
  }

  size_t size() const override { return constants_.size(); }
  bool IsConstant(size_t i) const override { return i < size() && constants_[i].has_value(); }
  Value Constant(size_t i) const override { return IsConstant(i) ? *constants_[i] : Value::Null(); }
  Error Fail(size_t i, std::string message) const override {
    Error error = MakeError(Code::kBadConfig, "{}", message);
    error.at = i < expr_.args.size() ? expr_.args[i].at : expr_.at;
    return error;
  }

 private:
  const Expr& expr_;
  std::vector<std::optional<Value>> constants_;
};

// Tuples are stored as lists, so a record would change them: what holds tuples is made at run time.
bool HoldsTuple(const Value& value) {
  if (value.kind() == sluice::Kind::kTuple) return true;
  for (const Value& item : value.items()) {
    if (HoldsTuple(item)) return true;
  }
  for (const Property& property : value.properties()) {
    if (HoldsTuple(property.value)) return true;
  }
  return false;
}

NodePtr Null() { return std::make_unique<LiteralNode>(Value::Null()); }

}  // namespace

Compiler::Compiler(Compiled& compiled, config::Issues& issues)
    : compiled_(compiled), issues_(issues) {}

NodePtr Compiler::Compile(const Expr& expr) {
  NodePtr node = CompileAny(expr);
  if (!options().fold_constants || expr.type != Expr::Type::kCall) return node;
  if (const auto value = Fold(expr, *node)) return std::make_unique<LiteralNode>(*value);
  return node;
}

NodePtr Compiler::CompileAny(const Expr& expr) {
  switch (expr.type) {
    case Expr::Type::kLiteral:
      return std::make_unique<LiteralNode>(expr.literal);
    case Expr::Type::kPath:
      return MakePathNode(expr, options().namespaces, fields_);
    case Expr::Type::kCall:
      return CompileCall(expr);
  }
  return Null();
}

// An expression that fails stays as it is: it may never be evaluated, and if it is, the error names
// the entity.
std::optional<Value> Compiler::Fold(const Expr& expr, const Node& node) {
  if (!expr.uses.IsConstant()) return std::nullopt;
  Arena arena;
  const Environment environment;
  Evaluator evaluator(environment, options(), arena, 0);
  const Frame frame = MakeFrame(Value::Null(), nullptr, nullptr);
  evaluator.frame = &frame;
  evaluator.root = &frame;
  auto value = Try(node, evaluator);
  if (!value.ok() || arena.bytes() > kFoldingBytesMax || HoldsTuple(*value)) return std::nullopt;
  std::string record;
  Encode(*value, record);
  if (record.size() > kFoldedBytesMax) return std::nullopt;
  return CopyInto(*value, compiled_.ground->constants);
}

NodePtr Compiler::CompileCall(const Expr& expr) {
  return expr.function->special_form ? CompileForm(expr) : CompileFunction(expr);
}

std::vector<NodePtr> Compiler::CompileArgs(const Expr& expr) {
  std::vector<NodePtr> args;
  args.reserve(expr.args.size());
  for (const Expr& argument : expr.args) args.push_back(Compile(argument));
  return args;
}

NodePtr Compiler::CompileFunction(const Expr& expr) {
  std::vector<NodePtr> args = CompileArgs(expr);
  std::vector<bool> lazy;
  for (const Param* param : expr.params) lazy.push_back(param->kind == Kind::kFunction);
  Eval eval = expr.function->eval;
  if (expr.function->bind) {
    auto bound = expr.function->bind(BoundCall(*this, expr, args));
    if (!bound.ok()) {
      Error error = bound.error();
      if (error.at.empty()) error.at = expr.at;
      issues_.AddError(error);
      return Null();
    }
    eval = std::move(bound).value();
  }
  SLUICE_CHECK(static_cast<bool>(eval));
  return std::make_unique<CallNode>(*expr.function, std::move(eval), std::move(args),
                                    std::move(lazy), expr.at);
}

NodePtr Compiler::CompileForm(const Expr& expr) {
  const std::string_view name = expr.function->name;
  if (name == "hops" || name == "apply-hops") return CompileHops(expr);
  if (name == "literal") return std::make_unique<LiteralNode>(expr.args[0].literal);
  std::vector<NodePtr> args = CompileArgs(expr);
  if (name == "apply") {
    const auto rule = compiled_.rules.find(expr.rule);
    // A rule that is missing is an issue already.
    return rule == compiled_.rules.end() ? Null()
                                         : MakeApply(rule->second, std::move(args[0]), expr.at);
  }
  if (name == "and") return MakeAnd(std::move(args), false);
  if (name == "not") return MakeAnd(std::move(args), true);
  if (name == "or") return MakeOr(std::move(args));
  if (name == "if" || name == "case") return MakeCase(std::move(args));
  if (name == "case-eq") return MakeCaseEq(std::move(args));
  if (name == "coalesce-args") return MakeCoalesceArgs(std::move(args));
  if (name == "tuples") return MakeTuples(std::move(args), expr.at);
  if (name == "path") {
    return MakePathFunction(std::move(args[0]), std::move(args[1]), options().namespaces);
  }
  if (name == "is-changed") return MakeIsChanged(std::move(args[0]));
  if (name == "lookup-entity") {
    return MakeLookupEntity(std::move(args[0]), std::move(args[1]), expr.at);
  }
  if (name == "lookup") {
    return MakeLookup(std::move(args), options().source_dataset, expr.at);
  }
  if (name == "completeness") return MakeCompleteness(std::move(args[0]), std::move(args[1]));
  // A special form of the catalogue that is not compiled here is a mistake of ours.
  SLUICE_CHECK(false);
  return Null();
}

}  // namespace sluice::dtl
