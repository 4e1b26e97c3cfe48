#include "dtl/compile.h"
#include "dtl/steps.h"

namespace sluice::dtl {

void Compiler::CompileRules(const RulesExpr& rules) {
  for (const auto& [name, rule] : rules.rules) {
    compiled_.rules[name] = Rule{
        .name = name, .at = rule.at, .block = {}, .nesting = NestingOf(rule.block), .fields = {}};
  }
  for (const auto& [name, rule] : rules.rules) {
    Rule& compiled = compiled_.rules[name];
    fields_ = &compiled.fields;
    compiled.block = CompileBlock(rule.block);
    compiled.fields.Finish();
    fields_ = nullptr;
  }
}

Block Compiler::CompileBlock(const BlockExpr& expr) {
  Block block;
  for (const TransformExpr& transform : expr) {
    if (transform.type != TransformType::kComment) block.steps.push_back(CompileStep(transform));
  }
  return block;
}

StepPtr Compiler::CompileStep(const TransformExpr& transform) {
  const Namespaces& namespaces = options().namespaces;
  const bool id_required = options().id_required;
  std::vector<NodePtr> args;
  for (const Expr& arg : transform.args) args.push_back(Compile(arg));
  std::vector<Block> blocks;
  for (const BlockExpr& block : transform.blocks) blocks.push_back(CompileBlock(block));
  const auto arg = [&](size_t i) { return i < args.size() ? std::move(args[i]) : nullptr; };
  const auto text = [&](size_t i) {
    return i < transform.args.size()
               ? std::optional(std::string(transform.args[i].literal.AsString().value_or("")))
               : std::nullopt;
  };
  switch (transform.type) {
    case TransformType::kAdd:
      return MakeAdd(AddMode::kAlways, arg(0), arg(1), nullptr, namespaces);
    case TransformType::kDefault:
      return MakeAdd(AddMode::kUnlessThere, arg(0), arg(1), nullptr, namespaces);
    case TransformType::kAddIf:
      return MakeAdd(AddMode::kIf, arg(0), arg(1), arg(2), namespaces);
    case TransformType::kRename:
      return MakeRename(arg(0), arg(1), namespaces);
    case TransformType::kIf:
    case TransformType::kCase:
      return MakeChoice(std::move(args), std::move(blocks));
    case TransformType::kCaseEq: {
      NodePtr value = std::move(args[0]);
      args.erase(args.begin());
      return MakeChoiceEq(std::move(value), std::move(args), std::move(blocks));
    }
    case TransformType::kCopy:
      if (fields_ && CopiesAll(transform.include, transform.exclude)) fields_->AddWalk();
      return MakeCopy(transform.include, transform.exclude);
    case TransformType::kRemove:
      return MakeRemove(transform.include);
    case TransformType::kCreate:
      return MakeCreate(arg(0), id_required, transform.at);
    case TransformType::kCreateChild:
      return MakeCreateChild(arg(0), id_required, transform.at);
    case TransformType::kFilter:
      return MakeFilter(arg(0), Flow::kFilter);
    case TransformType::kDiscard:
      return MakeFilter(arg(0), Flow::kDiscard);
    case TransformType::kMakeNi:
      return MakeNi(*text(0), *text(1), text(2), namespaces);
    case TransformType::kMerge:
      return MakeMerge(arg(0));
    case TransformType::kMergeUnion:
      return MakeMergeUnion(arg(0));
    case TransformType::kFail:
      return MakeFail(arg(0), false, transform.at);
    case TransformType::kTrip:
      return MakeFail(arg(0), true, transform.at);
    case TransformType::kSleep:
      return MakeSleep(transform.number, transform.at);
    case TransformType::kComment:
      break;
  }
  return MakeChoice({}, {});
}

}  // namespace sluice::dtl
