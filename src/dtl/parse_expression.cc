#include "dtl/arity.h"
#include "dtl/parse.h"
#include "dtl/path.h"
#include "value/json.h"
#include "value/record.h"

namespace sluice::dtl {
namespace {

bool IsMetadata(std::string_view name) {
  return name == "_updated" || name == "_ts" || name == "_hash" || name == "_previous";
}

std::string_view KindText(Kind kind) {
  switch (kind) {
    case Kind::kInteger:
    case Kind::kConstantInteger:
      return "an integer";
    case Kind::kNumber:
      return "a number";
    case Kind::kConstantBoolean:
      return "true or false";
    case Kind::kDict:
      return "an object";
    default:
      return "a string";
  }
}

// Whether a literal in a rule may be what a parameter takes. Null may stand for a value that is
// missing.
bool Accepts(Kind kind, const Value& literal) {
  switch (kind) {
    case Kind::kInteger:
      return literal.kind() == sluice::Kind::kInteger || literal.IsNull();
    case Kind::kConstantInteger:
      return literal.kind() == sluice::Kind::kInteger;
    case Kind::kNumber:
      return literal.IsNumber() || literal.IsNull();
    case Kind::kConstantBoolean:
      return literal.kind() == sluice::Kind::kBoolean;
    case Kind::kString:
      return literal.IsString() || literal.IsNull();
    case Kind::kConstant:
      return literal.IsString();
    case Kind::kDict:
      return literal.IsDict() || literal.IsNull();
    default:
      return true;
  }
}

bool IsConstantKind(Kind kind) {
  return kind == Kind::kConstant || kind == Kind::kConstantInteger ||
         kind == Kind::kConstantBoolean;
}

// A text in a literal object that its writer may have meant as a path.
bool HoldsPath(const Value& value) {
  if (const auto text = value.AsString()) {
    return text->starts_with("_S.") || text->starts_with("_T.") || text->starts_with("_P.");
  }
  for (const Value& item : value.items()) {
    if (HoldsPath(item)) return true;
  }
  for (const Property& property : value.properties()) {
    if (HoldsPath(property.value)) return true;
  }
  return false;
}

}  // namespace

Parser::Parser(const Catalogue& catalogue, const CompileOptions& options, config::Issues& issues,
               Analysis& analysis, Arena& constants)
    : catalogue_(catalogue),
      options_(options),
      issues_(issues),
      analysis_(analysis),
      constants_(constants) {}

void Parser::Fail(const View& view, std::string message, std::string suggestion) {
  issues_.Add({.level = config::Level::kError,
               .at = view.pointer(),
               .message = std::move(message),
               .suggestion = std::move(suggestion)});
}

void Parser::NotExact(std::string reason) {
  for (const auto& known : analysis_.not_exact) {
    if (known == reason) return;
  }
  analysis_.not_exact.push_back(std::move(reason));
}

Expr Parser::Literal(const View& view, const Value& value) {
  Expr expr;
  expr.at = view.pointer();
  expr.literal = value;
  return expr;
}

// A value of the document as it is; texts in transit form are values of their type, as in data.
Expr Parser::ParseLiteral(const View& view) {
  return Literal(view, DecodeTransitDeep(CopyInto(view.value(), constants_), constants_));
}

Expr Parser::ParseExpression(const View& view) {
  const Value& value = view.value();
  if (const auto text = value.AsString()) return ParseString(view, *text);
  if (value.IsList()) return ParseCall(view);
  if (value.IsDict() && HoldsPath(value)) {
    issues_.Warn(view.pointer(),
                 "paths in a literal object are not evaluated: use the function \"dict\"");
  }
  return ParseLiteral(view);
}

Expr Parser::ParseString(const View& view, std::string_view text) {
  if (IsVariable(PathVariable(text))) return ParsePathString(view, text);
  return Literal(view, DecodeTransit(constants_.Copy(text), constants_));
}

bool Parser::IsVariable(std::string_view name) const {
  if (name == "_S" || name == "_T" || name == "_P" || name == "_R" || name == "_B" || name == "_") {
    return true;
  }
  for (const auto& [alias, slot] : aliases_) {
    if (alias == name) return true;
  }
  return false;
}

Expr Parser::ParsePathString(const View& view, std::string_view text) {
  Expr expr;
  expr.at = view.pointer();
  // "_R._S." means the variable itself, as "_S." does.
  const bool whole = text.starts_with("_P.") || text.starts_with("_R.");
  for (const std::string_view end : {"._S.", "._T.", "._P."}) {
    if (whole && text.ends_with(end)) text.remove_suffix(1);
  }
  auto path = ParsePath(text);
  if (!path.ok()) {
    Fail(view, path.error().message);
    return expr;
  }
  if (!ResolveVariable(view, *path, expr)) return expr;
  expr.type = Expr::Type::kPath;
  for (const auto& name : path->names) {
    expr.names.push_back(ReadName(name, options_.namespaces));
  }
  const bool entity =
      expr.root == Root::kSource || expr.root == Root::kRootSource || expr.root == Root::kAlias;
  if (entity && !expr.names.empty() && IsMetadata(expr.names[0].name)) {
    analysis_.reads_metadata = true;
    NotExact("reads " + expr.names[0].name);
  }
  return expr;
}

bool Parser::ResolveVariable(const View& view, PathText& path, Expr& expr) {
  const std::string_view variable = path.variable;
  for (auto alias = aliases_.rbegin(); alias != aliases_.rend(); ++alias) {
    if (alias->first != variable) continue;
    expr.root = Root::kAlias;
    expr.slot = alias->second;
    expr.uses.aliases.insert(expr.slot);
    return true;
  }
  if (variable == "_P" || variable == "_R") {
    expr.uses.outer = true;
    return ResolveParent(view, path, expr);
  }
  if (variable == "_S" && source_slot_) {
    expr.root = Root::kAlias;
    expr.slot = *source_slot_;
    expr.uses.aliases.insert(expr.slot);
  } else if (variable == "_S") {
    expr.root = Root::kSource;
    expr.uses.source = true;
  } else if (variable == "_T") {
    expr.root = Root::kTarget;
    expr.uses.target = true;
  } else if (variable == "_B") {
    expr.root = Root::kBindings;
    expr.uses.outer = true;
  } else {
    expr.root = Root::kCurrent;
    expr.uses.current = true;
    if (!current_bound_) {
      issues_.Warn(view.pointer(), "\"_\" has no value here: it is null");
    }
  }
  return true;
}

// `_P._S`, `_P._P._T`, `_R._S`: the names up to the variable choose a frame. `_P.` alone is a dict.
bool Parser::ResolveParent(const View& view, PathText& path, Expr& expr) {
  const bool root = path.variable == "_R";
  size_t used = 0;
  if (!root) {
    expr.up = 1;
    for (; used < path.names.size() && path.names[used] == "_P"; ++used) ++expr.up;
  }
  expr.root = root ? Root::kRootDict : Root::kParent;
  if (used == path.names.size()) {
    path.names.clear();
    return true;
  }
  const std::string& name = path.names[used];
  if (name != "_S" && name != "_T") {
    Fail(view, fmt::format("{} holds _S and _T{}, found \"{}\"", path.variable,
                           root ? "" : " and _P", name));
    return false;
  }
  if (root) {
    expr.root = name == "_S" ? Root::kRootSource : Root::kRootTarget;
  } else {
    expr.root = name == "_S" ? Root::kSource : Root::kTarget;
  }
  path.names.erase(path.names.begin(), path.names.begin() + static_cast<std::ptrdiff_t>(used) + 1);
  return true;
}

const Function* Parser::FindFunction(const View& view) {
  const View name_view = view[0];
  const auto name = name_view.value().AsString();
  if (!name) {
    Fail(view,
         fmt::format("expected a function call, found a list that begins with {}",
                     name_view.Describe()),
         "a list of values is written [\"list\", …]");
    return nullptr;
  }
  if (const Function* function = catalogue_.FindExpression(*name)) return function;
  if (catalogue_.FindTransform(*name)) {
    Fail(name_view,
         fmt::format("\"{}\" is a transform: it stands in a rule, not in an expression", *name));
    return nullptr;
  }
  const auto nearest = config::Nearest(*name, catalogue_.names(false));
  Fail(name_view, fmt::format("there is no function \"{}\"", *name),
       nearest.empty() ? "" : fmt::format("Did you mean \"{}\"?", nearest));
  return nullptr;
}

Expr Parser::ParseCall(const View& view) {
  Expr call = Literal(view, Value::Null());
  const Function* function = FindFunction(view);
  if (!function) return call;
  const size_t count = view.value().count() - 1;
  auto params = MatchParams(*function, count);
  if (!params) {
    Fail(view, fmt::format("{} takes {}, found {}", function->name, ArityText(*function), count));
    return call;
  }
  if (!function->deprecated.empty()) {
    issues_.Warn(view.pointer(),
                 fmt::format("{} is deprecated: {}", function->name, function->deprecated));
  }
  call.type = Expr::Type::kCall;
  call.function = function;
  call.params = std::move(*params);
  if (function->special_form && (function->name == "hops" || function->name == "apply-hops")) {
    const size_t first = function->name == "hops" ? 1 : 2;
    if (rule_) rule_->hops = true;
    if (first == 2) ParseApply(view, call);
    call.hops = ParseHops(view, first, call.uses);
  } else {
    ParseArguments(view, call);
  }
  NoteCall(call);
  // Special forms with a context read datasets.
  if (function->special_form && function->purity == Purity::kContext) call.uses.lookups = true;
  if (function->purity == Purity::kContext) call.uses.context = true;
  if (function->purity == Purity::kNondeterministic) call.uses.nondeterministic = true;
  return call;
}

void Parser::ParseArguments(const View& view, Expr& call) {
  size_t first = 0;
  std::optional<size_t> noted;
  if (call.IsCallOf("apply")) {
    noted = ParseApply(view, call);
    first = 1;
  }
  for (size_t i = first; i < call.params.size(); ++i) {
    Expr argument = ParseArgument(view[i + 1], *call.params[i]);
    Uses uses = argument.uses;
    // `_` is bound by this call: around it nothing depends on it.
    if (call.params[i]->kind == Kind::kFunction) uses.current = false;
    call.uses.Add(uses);
    call.args.push_back(std::move(argument));
  }
  call.params.erase(call.params.begin(), call.params.begin() + static_cast<std::ptrdiff_t>(first));
  if (noted) {
    const Expr& value = call.args[0];
    rule_->calls[*noted].same_value =
        value.IsLiteral() || (value.type == Expr::Type::kPath && value.names.empty());
  }
}

// The first argument of apply and apply-hops. Gives the position of the call in the rule's list.
std::optional<size_t> Parser::ParseApply(const View& view, Expr& call) {
  call.uses.context = true;
  // What the rule reads is not known here.
  call.uses.lookups = true;
  const View name_view = view[1];
  const auto name = name_view.value().AsString();
  if (!name) {
    Fail(name_view,
         fmt::format("RULE_ID takes the name of a rule, found {}", name_view.Describe()));
    return std::nullopt;
  }
  if (!in_rules_) {
    Fail(name_view, "there are no rules to apply here");
    return std::nullopt;
  }
  call.rule = *name;
  // What the rule reads through `_P` and `_R` is not known here.
  call.uses.outer = true;
  rule_->calls.push_back({.rule = call.rule,
                          .at = name_view.pointer(),
                          .hops = call.function->name == "apply-hops",
                          .same_value = false});
  return rule_->calls.size() - 1;
}

Expr Parser::ParseBound(const View& view) {
  const bool bound = std::exchange(current_bound_, true);
  Expr expr = ParseExpression(view);
  current_bound_ = bound;
  return expr;
}

Expr Parser::ParseArgument(const View& view, const Param& param) {
  if (param.kind == Kind::kFunction) return ParseBound(view);
  if (param.kind == Kind::kAnyLiteral) return ParseLiteral(view);
  if (param.kind == Kind::kWildcard) return ParseWildcards(view);
  if (IsConstantKind(param.kind)) {
    if (!CheckLiteral(view, param)) return Literal(view, Value::Null());
    return Literal(view, CopyInto(view.value(), constants_));
  }
  Expr expr = ParseExpression(view);
  if (expr.IsLiteral() && !Accepts(param.kind, expr.literal)) {
    Fail(view,
         fmt::format("{} takes {}, found {}", param.name, KindText(param.kind), view.Describe()));
  }
  return expr;
}

bool Parser::CheckLiteral(const View& view, const Param& param) {
  if (!view.value().IsList() && Accepts(param.kind, view.value())) return true;
  Fail(view, fmt::format("{} takes {} that is known when the rule is compiled, found {}",
                         param.name, KindText(param.kind), view.Describe()));
  return false;
}

// "a*", ["a*", "b*"] or ["list", "a*", "b*"].
Expr Parser::ParseWildcards(const View& view) {
  const Value& value = view.value();
  if (value.IsString()) return Literal(view, CopyInto(value, constants_));
  const size_t first = value.IsList() && value.At(0).AsString() == "list" ? 1 : 0;
  bool good = value.IsList();
  for (size_t i = first; good && i < value.count(); ++i) {
    good = value.At(static_cast<uint32_t>(i)).IsString();
  }
  if (!good) {
    Fail(view, fmt::format("expected a pattern or a list of patterns, found {}", view.Describe()));
    return Literal(view, Value::Null());
  }
  ListBuilder patterns(constants_);
  for (size_t i = first; i < value.count(); ++i) {
    patterns.Add(CopyInto(value.At(static_cast<uint32_t>(i)), constants_));
  }
  return Literal(view, patterns.List());
}

void Parser::NoteCall(const Expr& call) {
  const std::string_view name = call.function->name;
  if (call.function->purity == Purity::kNondeterministic) NotExact(fmt::format("uses {}", name));
  if (!call.function->special_form) return;
  if (name == "is-changed" || name == "lookup-entity" || name == "lookup" ||
      name == "completeness") {
    NotExact(fmt::format("uses {}", name));
  }
  if (name == "lookup-entity" && call.args[0].literal.IsString()) {
    NoteDataset(View(call.args[0].literal, call.args[0].at), call.args[0].literal.text());
  }
}

}  // namespace sluice::dtl
