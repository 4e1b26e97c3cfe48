#include "dtl/key_expression.h"

#include "dtl/check.h"
#include "dtl/parse.h"

namespace sluice::dtl {

Result<KeyExpression> CompileKeyExpression(const config::ConfigView& expression,
                                           std::span<const std::string> aliases,
                                           const Catalogue& catalogue,
                                           const CompileOptions& options, config::Issues& issues) {
  config::Issues own;
  Compiled compiled;
  compiled.ground = std::make_shared<Ground>();
  compiled.ground->options = options;
  Parser parser(catalogue, compiled.ground->options, own, compiled.analysis,
                compiled.ground->constants);
  for (const std::string& alias : aliases) parser.DeclareAlias(alias);
  Expr expr = parser.ParseExpression(expression);
  compiled.ground->slots = parser.slots();
  CheckExpression(expr, own);
  NodePtr node;
  if (!own.HasErrors()) node = Compiler(compiled, own).Compile(expr);
  for (const config::Issue& issue : own.all()) issues.Add(issue);
  for (const config::Issue& issue : own.all()) {
    if (issue.level != config::Level::kError) continue;
    Error error = MakeError(Code::kBadConfig, "{}", issue.message);
    error.at = issue.at;
    return error;
  }
  return KeyExpression{.expr = std::move(expr), .ground = compiled.ground, .node = std::move(node)};
}

}  // namespace sluice::dtl
