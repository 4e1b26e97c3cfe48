// The parser: a transform's JSON becomes a syntax tree; everything that can be checked in one place
// is.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "config/issue.h"
#include "config/view.h"
#include "dtl/ast.h"
#include "dtl/catalogue.h"
#include "dtl/path.h"
#include "dtl/program.h"

namespace sluice::dtl {

// Findings go to the issues; what is wrong becomes a null literal, so that all of a document is
// looked at. Used once. Literals are copied into `constants`.
class Parser {
 public:
  Parser(const Catalogue& catalogue, const CompileOptions& options, config::Issues& issues,
         Analysis& analysis, Arena& constants);

  RulesExpr ParseRules(const config::ConfigView& rules);
  Expr ParseExpression(const config::ConfigView& view);
  int slots() const { return slots_; }
  // A name that stands for an entity in the expressions that follow; gives its slot, from 0 on.
  int DeclareAlias(std::string name) {
    aliases_.emplace_back(std::move(name), slots_);
    return slots_++;
  }

 private:
  using View = config::ConfigView;

  // Expressions (parse_expression.cc).
  Expr ParseArgument(const View& view, const Param& param);
  Expr ParseString(const View& view, std::string_view text);
  Expr ParsePathString(const View& view, std::string_view text);
  bool ResolveVariable(const View& view, PathText& path, Expr& expr);
  bool ResolveParent(const View& view, PathText& path, Expr& expr);
  Expr ParseCall(const View& view);
  void ParseArguments(const View& view, Expr& call);
  std::optional<size_t> ParseApply(const View& view, Expr& call);
  void NoteCall(const Expr& call);
  Expr ParseLiteral(const View& view);
  Expr ParseWildcards(const View& view);
  Expr ParseBound(const View& view);
  Expr Literal(const View& view, const Value& value);
  bool CheckLiteral(const View& view, const Param& param);
  bool IsVariable(std::string_view name) const;
  const Function* FindFunction(const View& view);

  // Hops (parse_hops.cc).
  std::shared_ptr<HopsExpr> ParseHops(const View& view, size_t from, Uses& uses);
  HopSpecExpr ParseHopSpec(const View& view, bool last, Uses& uses);
  void CheckHopKeys(const View& view);
  void ParseAliases(const View& view, HopSpecExpr& spec);
  void ParseAlias(const View& view, HopSpecExpr& spec);
  void ParseWhere(const View& view, HopSpecExpr& spec, Uses& uses);
  void AddConjunct(Expr part, HopSpecExpr& spec, Uses& uses);
  void ParseSubsets(const View& view, HopSpecExpr& spec, Uses& uses);
  void ParseRecursion(const View& view, HopSpecExpr& spec);
  void ParseReturn(const View& view, bool last, HopSpecExpr& spec, Uses& uses);
  void NoteDataset(const View& view, std::string_view dataset);

  // Transforms (parse_transforms.cc).
  RuleExpr ParseRule(std::string_view name, const View& view);
  BlockExpr ParseBlock(const View& view);
  std::optional<TransformExpr> ParseTransform(const View& view);
  void ParseTransformArguments(const View& view, TransformExpr& transform);
  void ParseSleep(const View& view, TransformExpr& transform);
  void ParseCases(const View& view, size_t from, TransformExpr& transform);
  void ParseMakeNi(const View& view, TransformExpr& transform);
  std::vector<NamePattern> ParsePatterns(const View& view);
  Expr ParseProperty(const View& view);
  void NoteWrites(const TransformExpr& transform);
  void CheckRuleCalls(const RulesExpr& rules);

  void Fail(const View& view, std::string message, std::string suggestion = {});
  void NotExact(std::string reason);

  const Catalogue& catalogue_;
  const CompileOptions& options_;
  config::Issues& issues_;
  Analysis& analysis_;
  Arena& constants_;
  // The aliases in scope, the innermost last.
  std::vector<std::pair<std::string, int>> aliases_;
  int slots_ = 0;
  // `_S` means this alias: inside a subset's expression.
  std::optional<int> source_slot_;
  bool current_bound_ = false;
  bool in_rules_ = false;
  RuleExpr* rule_ = nullptr;
};

}  // namespace sluice::dtl
