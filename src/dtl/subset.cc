#include "dtl/subset.h"

#include "dtl/equality.h"
#include "dtl/evaluator.h"
#include "dtl/expression_key.h"
#include "dtl/key_expression.h"
#include "value/record.h"

namespace sluice::dtl {
namespace {

Result<Value> Evaluate(const KeyExpression& expression, const Value& source, Arena& arena) {
  const Environment environment;
  Evaluator evaluator(environment, expression.ground->options, arena, expression.ground->slots);
  const Frame frame = MakeFrame(source, nullptr, nullptr);
  evaluator.frame = &frame;
  evaluator.root = &frame;
  SLUICE_TRY(const Value value, Try(*expression.node, evaluator));
  return WithoutMetadata(value);
}

// An error that is in `issues` too.
Error Refuse(Error error, config::Issues& issues) {
  issues.AddError(error);
  return error;
}

bool ReadsOtherThanSource(const Uses& uses) {
  return uses.target || uses.outer || uses.current || uses.lookups || uses.nondeterministic ||
         !uses.aliases.empty();
}

Result<KeyExpression> CompileIndex(const config::ConfigView& expression, const Catalogue& catalogue,
                                   const CompileOptions& options, config::Issues& issues) {
  SLUICE_TRY(auto compiled, CompileKeyExpression(expression, {}, catalogue, options, issues));
  if (!compiled.expr.uses.source || ReadsOtherThanSource(compiled.expr.uses)) {
    return Refuse(expression.Fail("expected an index expression, which reads _S and nothing else, "
                                  "found {}",
                                  expression.Describe()),
                  issues);
  }
  return compiled;
}

std::shared_ptr<const IndexedKey> MakeKey(std::string dataset, const KeyExpression& index) {
  return std::make_shared<ExpressionKey>(
      std::move(dataset), CanonicalText(index.expr, index.ground->options.namespaces), index.ground,
      index.node, std::nullopt);
}

}  // namespace

Result<std::shared_ptr<const IndexedKey>> CompileIndexExpression(
    const config::ConfigView& expression, std::string dataset, const Catalogue& catalogue,
    const CompileOptions& options, config::Issues& issues) {
  SLUICE_TRY(const auto index, CompileIndex(expression, catalogue, options, issues));
  return MakeKey(std::move(dataset), index);
}

bool Subset::Contains(const Entity& entity, Arena& arena) const {
  const auto index = Evaluate(*index_, Value::OfEntity(&entity), arena);
  return index.ok() && Overlap(*index, value_);
}

Result<std::shared_ptr<const Subset>> CompileSubset(const config::ConfigView& subset,
                                                    std::string dataset, const Catalogue& catalogue,
                                                    const CompileOptions& options,
                                                    config::Issues& issues) {
  if (!subset.value().IsList() || subset.value().count() != 3 ||
      subset[0].value().AsString() != "eq") {
    return Refuse(
        subset.Fail("expected [\"eq\", INDEX_EXPRESSION, VALUE], found {}", subset.Describe()),
        issues);
  }
  SLUICE_TRY(auto index, CompileIndex(subset[1], catalogue, options, issues));
  SLUICE_TRY(const auto wanted, CompileKeyExpression(subset[2], {}, catalogue, options, issues));
  if (wanted.expr.uses.source || ReadsOtherThanSource(wanted.expr.uses)) {
    return Refuse(subset[2].Fail("expected a value that is the same for every entity, found {}",
                                 subset[2].Describe()),
                  issues);
  }
  const auto arena = std::make_shared<Arena>();
  SLUICE_TRY(const Value value, Evaluate(wanted, Value::Null(), *arena));
  auto key = MakeKey(std::move(dataset), index);
  return std::make_shared<const Subset>(std::move(key),
                                        std::make_shared<const KeyExpression>(std::move(index)),
                                        arena, CopyInto(value, *arena));
}

}  // namespace sluice::dtl
