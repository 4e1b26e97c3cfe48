#include <algorithm>

#include "dtl/arity.h"
#include "dtl/parse.h"
#include "value/record.h"

namespace sluice::dtl {
namespace {

const std::map<std::string_view, TransformType>& TransformTypes() {
  static const std::map<std::string_view, TransformType> types = {
      {"add", TransformType::kAdd},         {"add-if", TransformType::kAddIf},
      {"case", TransformType::kCase},       {"case-eq", TransformType::kCaseEq},
      {"comment", TransformType::kComment}, {"copy", TransformType::kCopy},
      {"create", TransformType::kCreate},   {"create-child", TransformType::kCreateChild},
      {"default", TransformType::kDefault}, {"discard", TransformType::kDiscard},
      {"fail!", TransformType::kFail},      {"filter", TransformType::kFilter},
      {"if", TransformType::kIf},           {"make-ni", TransformType::kMakeNi},
      {"merge", TransformType::kMerge},     {"merge-union", TransformType::kMergeUnion},
      {"remove", TransformType::kRemove},   {"rename", TransformType::kRename},
      {"sleep!", TransformType::kSleep},    {"trip!", TransformType::kTrip},
  };
  return types;
}

}  // namespace

RulesExpr Parser::ParseRules(const View& view) {
  in_rules_ = true;
  RulesExpr rules;
  if (!view.value().IsDict()) {
    Fail(view, fmt::format("expected an object of rules, found {}", view.Describe()));
    return rules;
  }
  for (const Property& property : view.value().properties()) {
    rules.rules.emplace(property.name, ParseRule(property.name, view[property.name]));
  }
  if (!rules.rules.contains("default")) {
    Fail(view["default"], "the rule \"default\" is missing");
  }
  CheckRuleCalls(rules);
  rules.slots = slots_;
  return rules;
}

RuleExpr Parser::ParseRule(std::string_view name, const View& view) {
  RuleExpr rule;
  rule.name = name;
  rule.at = view.pointer();
  rule_ = &rule;
  rule.block = ParseBlock(view);
  rule_ = nullptr;
  return rule;
}

// A list of transforms, or one: a transform begins with its name.
BlockExpr Parser::ParseBlock(const View& view) {
  BlockExpr block;
  if (!view.value().IsList()) {
    Fail(view,
         fmt::format("expected a transform or a list of transforms, found {}", view.Describe()));
    return block;
  }
  if (view.value().count() != 0 && view.value().At(0).IsString()) {
    if (auto transform = ParseTransform(view)) block.push_back(std::move(*transform));
    return block;
  }
  for (size_t i = 0; i < view.value().count(); ++i) {
    if (auto transform = ParseTransform(view[i])) block.push_back(std::move(*transform));
  }
  return block;
}

std::optional<TransformExpr> Parser::ParseTransform(const View& view) {
  const View name_view = view[0];
  const auto name = name_view.value().AsString();
  if (!view.value().IsList() || !name) {
    Fail(view,
         fmt::format("expected a transform such as [\"copy\", \"*\"], found {}", view.Describe()));
    return std::nullopt;
  }
  const Function* function = catalogue_.FindTransform(*name);
  const auto type = TransformTypes().find(*name);
  if (!function || type == TransformTypes().end()) {
    if (catalogue_.FindExpression(*name)) {
      Fail(name_view, fmt::format("\"{}\" is an expression: here a transform is expected", *name));
      return std::nullopt;
    }
    const auto nearest = config::Nearest(*name, catalogue_.names(true));
    Fail(name_view, fmt::format("there is no transform \"{}\"", *name),
         nearest.empty() ? "" : fmt::format("Did you mean \"{}\"?", nearest));
    return std::nullopt;
  }
  const size_t count = view.value().count() - 1;
  if (!MatchParams(*function, count)) {
    Fail(view, fmt::format("{} takes {}, found {}", *name, ArityText(*function), count));
    return std::nullopt;
  }
  TransformExpr transform;
  transform.type = type->second;
  transform.at = view.pointer();
  ParseTransformArguments(view, transform);
  NoteWrites(transform);
  return transform;
}

void Parser::ParseTransformArguments(const View& view, TransformExpr& transform) {
  const size_t count = view.value().count() - 1;
  auto& args = transform.args;
  switch (transform.type) {
    case TransformType::kAdd:
    case TransformType::kDefault:
      args.push_back(ParseProperty(view[1]));
      args.push_back(ParseExpression(view[2]));
      return;
    case TransformType::kAddIf:
      args.push_back(ParseProperty(view[1]));
      args.push_back(ParseExpression(view[count]));
      if (count == 3) args.push_back(ParseBound(view[2]));
      return;
    case TransformType::kRename:
      args.push_back(ParseProperty(view[1]));
      args.push_back(ParseProperty(view[2]));
      return;
    case TransformType::kCase:
      return ParseCases(view, 1, transform);
    case TransformType::kCaseEq:
      args.push_back(ParseExpression(view[1]));
      return ParseCases(view, 2, transform);
    case TransformType::kIf:
      args.push_back(ParseExpression(view[1]));
      transform.blocks.push_back(ParseBlock(view[2]));
      if (count == 3) transform.blocks.push_back(ParseBlock(view[3]));
      return;
    case TransformType::kComment:
      return;
    case TransformType::kCopy:
      transform.include = ParsePatterns(view[1]);
      if (count == 2) transform.exclude = ParsePatterns(view[2]);
      return;
    case TransformType::kRemove:
      transform.include = ParsePatterns(view[1]);
      return;
    case TransformType::kDiscard:
      NotExact("uses discard");
      [[fallthrough]];
    case TransformType::kFilter:
      if (count == 1) args.push_back(ParseExpression(view[1]));
      return;
    case TransformType::kCreate:
    case TransformType::kCreateChild:
      analysis_.creates = true;
      [[fallthrough]];
    case TransformType::kMerge:
    case TransformType::kMergeUnion:
      args.push_back(ParseExpression(view[1]));
      return;
    case TransformType::kFail:
    case TransformType::kTrip:
      args.push_back(ParseArgument(view[1], {"MESSAGE", Kind::kString}));
      return;
    case TransformType::kSleep:
      return ParseSleep(view, transform);
    case TransformType::kMakeNi:
      return ParseMakeNi(view, transform);
  }
}

void Parser::ParseSleep(const View& view, TransformExpr& transform) {
  const Expr period = ParseArgument(view[1], {"PERIOD", Kind::kConstantInteger});
  transform.number = period.literal.AsInteger().value_or(0);
  if (transform.number < 0) Fail(view[1], "PERIOD is a number of seconds, found a negative one");
}

// Pairs of an expression and transforms, and at the end perhaps transforms alone.
void Parser::ParseCases(const View& view, size_t from, TransformExpr& transform) {
  const size_t end = view.value().count();
  for (size_t i = from; i < end; i += 2) {
    if (i + 1 < end) transform.args.push_back(ParseExpression(view[i]));
    transform.blocks.push_back(ParseBlock(view[std::min(i + 1, end - 1)]));
  }
}

void Parser::ParseMakeNi(const View& view, TransformExpr& transform) {
  static constexpr Param kNames[] = {{"NAMESPACE", Kind::kConstant},
                                     {"FROM_PROPERTY", Kind::kConstant},
                                     {"TO_PROPERTY", Kind::kConstant}};
  for (size_t i = 1; i < view.value().count(); ++i) {
    transform.args.push_back(ParseArgument(view[i], kNames[i - 1]));
  }
}

std::vector<NamePattern> Parser::ParsePatterns(const View& view) {
  std::vector<NamePattern> patterns;
  const Expr parsed = ParseWildcards(view);
  if (const auto text = parsed.literal.AsString())
    patterns.emplace_back(*text, options_.namespaces);
  for (const Value& item : parsed.literal.items()) {
    patterns.emplace_back(item.text(), options_.namespaces);
  }
  return patterns;
}

// The name of a property: a literal, or an expression that gives one or several.
Expr Parser::ParseProperty(const View& view) {
  const Value& value = view.value();
  if (!value.IsString() && !value.IsList()) {
    Fail(view, fmt::format("expected the name of a property, found {}", view.Describe()));
  }
  return ParseExpression(view);
}

// Whether the target of the program may get another `_id` by it.
void Parser::NoteWrites(const TransformExpr& transform) {
  using enum TransformType;
  if (!rule_ || rule_->name != "default" || transform.args.empty()) return;
  const auto writes_id = [](const Expr& property) {
    const auto name = property.literal.AsString();
    return !property.IsLiteral() || (name && (*name == "_id" || name->ends_with(":_id")));
  };
  const bool adds =
      transform.type == kAdd || transform.type == kDefault || transform.type == kAddIf;
  if (adds && writes_id(transform.args.front())) analysis_.rewrites_id = true;
  if (transform.type == kRename &&
      (writes_id(transform.args.front()) || writes_id(transform.args.back()))) {
    analysis_.rewrites_id = true;
  }
}

// Unknown rules, `apply` of rules that hop, and recursion that may not end.
void Parser::CheckRuleCalls(const RulesExpr& rules) {
  const auto reaches = [&](std::string_view from, auto&& wanted) {
    std::set<std::string_view> seen;
    std::vector<std::string_view> left = {from};
    while (!left.empty()) {
      const auto rule = rules.rules.find(left.back());
      left.pop_back();
      if (rule == rules.rules.end() || !seen.insert(rule->first).second) continue;
      if (wanted(rule->second)) return true;
      for (const auto& call : rule->second.calls) left.push_back(call.rule);
    }
    return false;
  };
  std::vector<std::string_view> names;
  for (const auto& [name, rule] : rules.rules) names.push_back(name);
  for (const auto& [name, rule] : rules.rules) {
    for (const auto& call : rule.calls) {
      const View place(Value::Null(), call.at);
      if (!rules.rules.contains(call.rule)) {
        const auto nearest = config::Nearest(call.rule, names);
        Fail(place, fmt::format("there is no rule \"{}\"", call.rule),
             nearest.empty() ? "" : fmt::format("Did you mean \"{}\"?", nearest));
        continue;
      }
      if (!call.hops && reaches(call.rule, [](const RuleExpr& r) { return r.hops; })) {
        Fail(place,
             fmt::format("the rule \"{}\" hops, so it cannot be applied by apply", call.rule),
             "Use apply-hops.");
      }
      if ((call.same_value || call.hops) &&
          reaches(call.rule, [&own = name](const RuleExpr& r) { return r.name == own; })) {
        issues_.Warn(call.at,
                     fmt::format("the rule \"{}\" applies itself and may not end", call.rule));
      }
    }
  }
}

}  // namespace sluice::dtl
