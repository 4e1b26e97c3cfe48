#include <algorithm>
#include <array>

#include "dtl/parse.h"
#include "value/record.h"

namespace sluice::dtl {
namespace {

constexpr std::array<std::string_view, 10> kKeys = {
    "datasets",           "where", "recurse", "exclude_root", "max_depth", "return",
    "track-dependencies", "trace", "subsets", "prefilters"};

std::string_view Trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

const AliasExpr* FindAlias(const HopSpecExpr& spec, std::string_view name) {
  for (const AliasExpr& alias : spec.aliases) {
    if (alias.name == name) return &alias;
  }
  return nullptr;
}

}  // namespace

// HOP_SPECs from argument `from` on. Each may read the `_S` that the one before gives.
std::shared_ptr<HopsExpr> Parser::ParseHops(const View& view, size_t from, Uses& uses) {
  auto hops = std::make_shared<HopsExpr>();
  if (rule_) hops->rule = rule_->name;
  hops->nested = !aliases_.empty();
  const size_t scope = aliases_.size();
  uses.context = true;
  uses.lookups = true;
  for (size_t i = from; i < view.value().count(); ++i) {
    hops->specs.push_back(ParseHopSpec(view[i], i + 1 == view.value().count(), uses));
    // Aliases are seen in their own HOP_SPEC only.
    aliases_.resize(scope);
  }
  for (const HopSpecExpr& spec : hops->specs) {
    for (const AliasExpr& alias : spec.aliases) uses.aliases.erase(alias.slot);
  }
  return hops;
}

HopSpecExpr Parser::ParseHopSpec(const View& view, bool last, Uses& uses) {
  HopSpecExpr spec;
  spec.at = view.pointer();
  if (!view.value().IsDict()) {
    Fail(view, fmt::format("HOPS_SPEC takes an object, found {}", view.Describe()));
    return spec;
  }
  CheckHopKeys(view);
  // What a `where` reads is the value that is hopped from, whatever `_S` means around it.
  const auto source_slot = std::exchange(source_slot_, std::nullopt);
  ParseAliases(view["datasets"], spec);
  ParseSubsets(view, spec, uses);
  ParseWhere(view["where"], spec, uses);
  ParseRecursion(view, spec);
  ParseReturn(view, last, spec, uses);
  source_slot_ = source_slot;
  const View track = view["track-dependencies"];
  if (track.exists()) {
    if (auto flag = track.Boolean(); flag.ok()) {
      spec.track = *flag;
    } else {
      issues_.AddError(flag.error());
    }
  }
  if (!spec.track) NotExact("track-dependencies is false");
  const View trace = view["trace"];
  if (trace.exists()) {
    if (auto text = trace.String(); text.ok()) {
      spec.trace = *text;
    } else {
      issues_.AddError(text.error());
    }
  }
  return spec;
}

void Parser::CheckHopKeys(const View& view) {
  for (const Property& property : view.value().properties()) {
    if (std::find(kKeys.begin(), kKeys.end(), property.name) != kKeys.end()) continue;
    const auto nearest = config::Nearest(property.name, kKeys);
    Fail(view[property.name], fmt::format("a HOPS_SPEC has no \"{}\"", property.name),
         nearest.empty() ? "" : fmt::format("Did you mean \"{}\"?", nearest));
  }
}

void Parser::ParseAliases(const View& view, HopSpecExpr& spec) {
  if (!view.value().IsList() || view.value().count() == 0) {
    Fail(view, fmt::format("expected a list of \"DATASET ALIAS\", found {}", view.Describe()));
    return;
  }
  for (size_t i = 0; i < view.value().count(); ++i) ParseAlias(view[i], spec);
}

void Parser::ParseAlias(const View& view, HopSpecExpr& spec) {
  const auto text = view.value().AsString();
  const std::string_view trimmed = Trim(text.value_or(""));
  const auto space = trimmed.find_last_of(" \t");
  if (space == std::string_view::npos) {
    Fail(view, fmt::format("expected \"DATASET ALIAS\", found {}", view.Describe()));
    return;
  }
  AliasExpr alias{.name = std::string(trimmed.substr(space + 1)),
                  .dataset = std::string(Trim(trimmed.substr(0, space))),
                  .at = view.pointer(),
                  .slot = slots_++};
  if (alias.name.starts_with("_") || alias.name.find('.') != std::string::npos) {
    Fail(view,
         fmt::format("\"{}\" cannot be an alias: it begins with '_' or holds a '.'", alias.name));
  }
  if (FindAlias(spec, alias.name)) {
    Fail(view, fmt::format("the alias \"{}\" is there already", alias.name));
  }
  NoteDataset(view, alias.dataset);
  aliases_.emplace_back(alias.name, alias.slot);
  spec.aliases.push_back(std::move(alias));
}

void Parser::NoteDataset(const View& view, std::string_view dataset) {
  analysis_.datasets.emplace(dataset);
  if (!options_.sink_dataset.empty() && dataset == options_.sink_dataset) {
    analysis_.hops_to_sink = true;
    NotExact("hops to the pipe's own sink");
  }
  if (options_.dataset_exists && !options_.dataset_exists(dataset)) {
    issues_.Warn(view.pointer(), fmt::format("there is no dataset \"{}\" yet", dataset));
  }
}

void Parser::ParseWhere(const View& view, HopSpecExpr& spec, Uses& uses) {
  if (!view.exists()) {
    Fail(view, "expected an expression that joins the datasets, found nothing");
    return;
  }
  // A list of expressions, or one: an expression begins with its function's name.
  if (view.value().IsList() && !view.value().At(0).IsString()) {
    for (size_t i = 0; i < view.value().count(); ++i) {
      AddConjunct(ParseExpression(view[i]), spec, uses);
    }
    return;
  }
  AddConjunct(ParseExpression(view), spec, uses);
}

void Parser::AddConjunct(Expr part, HopSpecExpr& spec, Uses& uses) {
  if (part.IsCallOf("and")) {
    for (Expr& argument : part.args) AddConjunct(std::move(argument), spec, uses);
    return;
  }
  uses.Add(part.uses);
  spec.where.push_back(std::move(part));
}

// {"ALIAS": ["eq", INDEX_EXPRESSION, VALUE]}, where `_S` is the alias' entity.
void Parser::ParseSubsets(const View& view, HopSpecExpr& spec, Uses& uses) {
  View subsets = view["subsets"];
  if (!subsets.exists()) {
    subsets = view["prefilters"];
    if (!subsets.exists()) return;
    issues_.Warn(subsets.pointer(), "prefilters is deprecated: use subsets");
  }
  if (!subsets.value().IsDict()) {
    Fail(subsets, fmt::format("expected an object, found {}", subsets.Describe()));
    return;
  }
  for (const Property& property : subsets.value().properties()) {
    const View subset = subsets[property.name];
    const AliasExpr* alias = FindAlias(spec, property.name);
    if (!alias) {
      Fail(subset, fmt::format("\"{}\" is no alias of this HOPS_SPEC", property.name));
      continue;
    }
    if (!subset.value().IsList() || subset.value().count() != 3 ||
        subset[0].value().AsString() != "eq") {
      Fail(subset,
           fmt::format("expected [\"eq\", INDEX_EXPRESSION, VALUE], found {}", subset.Describe()));
      continue;
    }
    source_slot_ = alias->slot;
    Expr index = ParseExpression(subset[1]);
    source_slot_.reset();
    Expr value = ParseExpression(subset[2]);
    if (!index.uses.IsOnlyAlias(alias->slot)) {
      Fail(subset[1], "the index expression of a subset reads _S and nothing else");
    }
    uses.Add(value.uses);
    spec.subsets.push_back(
        {.slot = alias->slot, .index = std::move(index), .value = std::move(value)});
  }
}

void Parser::ParseRecursion(const View& view, HopSpecExpr& spec) {
  const auto flag = [&](const View& place) {
    if (!place.exists()) return false;
    auto value = place.Boolean();
    if (!value.ok()) issues_.AddError(value.error());
    return value.ok() && *value;
  };
  spec.recurse = flag(view["recurse"]);
  spec.exclude_root = flag(view["exclude_root"]);
  const View depth = view["max_depth"];
  if (depth.exists()) {
    if (depth.value().IsNull()) {
      spec.depth_max.reset();
    } else if (auto number = depth.Integer(); !number.ok()) {
      issues_.AddError(number.error());
    } else if (*number < 0) {
      Fail(depth, fmt::format("max_depth is null or not negative, found {}", *number));
    } else {
      spec.depth_max = *number;
    }
  }
  if (spec.recurse && !spec.depth_max) {
    issues_.Warn(depth.pointer(),
                 "the recursion has no max_depth: it ends when no new entities come");
  }
  for (const auto key : {"exclude_root", "max_depth"}) {
    if (!spec.recurse && view[key].exists()) {
      issues_.Warn(view[key].pointer(), fmt::format("{} has no meaning without recurse", key));
    }
  }
}

// "a", "a, b", "a.path", an expression, or a template: an object whose values are expressions.
void Parser::ParseReturn(const View& view, bool last, HopSpecExpr& spec, Uses& uses) {
  const View given = view["return"];
  if (!given.exists()) {
    if (!spec.aliases.empty()) spec.return_slots = {spec.aliases.back().slot};
    return;
  }
  if (!last) Fail(given, "return can be given in the last HOPS_SPEC only");
  if (spec.recurse) Fail(given, "return cannot be used with recurse");
  if (const auto text = given.value().AsString()) {
    std::vector<int> slots;
    bool all = true;
    for (std::string_view rest = *text; all;) {
      const auto comma = rest.find(',');
      const AliasExpr* alias = FindAlias(spec, Trim(rest.substr(0, comma)));
      all = alias != nullptr;
      if (alias) slots.push_back(alias->slot);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
    if (all) {
      spec.return_slots = std::move(slots);
      return;
    }
    if (!IsVariable(PathVariable(*text))) {
      Fail(given, fmt::format("expected dataset aliases or a path, found {}", given.Describe()));
      return;
    }
  }
  Expr expr;
  if (given.value().IsDict()) {
    // The same as ["dict", KEY, VALUE, …].
    expr.type = Expr::Type::kCall;
    expr.at = given.pointer();
    expr.function = catalogue_.FindExpression("dict");
    SLUICE_CHECK(expr.function != nullptr);
    for (const Property& property : given.value().properties()) {
      const View value = given[property.name];
      Expr key = Literal(value, Value::String(constants_.Copy(property.name)));
      Expr item = ParseExpression(value);
      expr.uses.Add(item.uses);
      expr.args.push_back(std::move(key));
      expr.args.push_back(std::move(item));
    }
    static constexpr Param kAny = {"VALUES", Kind::kValues};
    expr.params.assign(expr.args.size(), &kAny);
  } else {
    expr = ParseExpression(given);
  }
  uses.Add(expr.uses);
  spec.return_expr = std::make_shared<Expr>(std::move(expr));
}

}  // namespace sluice::dtl
