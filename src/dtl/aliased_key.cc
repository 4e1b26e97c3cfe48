#include "dtl/aliased_key.h"

#include <vector>

#include "dtl/expression_key.h"
#include "dtl/key_expression.h"

namespace sluice::dtl {
namespace {

std::string_view Trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string Names(std::span<const AliasedDataset> datasets) {
  std::string names;
  for (const AliasedDataset& dataset : datasets)
    names += (names.empty() ? "" : ", ") + dataset.alias;
  return names;
}

Result<size_t> FindOnlyAlias(const config::ConfigView& at, const Expr& expr,
                             std::span<const AliasedDataset> datasets) {
  const Uses& uses = expr.uses;
  if (uses.IsFree() || uses.lookups || uses.nondeterministic || uses.aliases.size() != 1) {
    return at.Fail(
        "expected an expression that reads one of the aliases {} and nothing else, "
        "found one that reads {}",
        Names(datasets),
        uses.aliases.size() > 1 ? "several" : (uses.aliases.empty() ? "none" : "more"));
  }
  // Slots are given in the order in which the aliases are declared.
  return static_cast<size_t>(*uses.aliases.begin());
}

}  // namespace

Result<AliasedDataset> ReadAliasedDataset(const config::ConfigView& view) {
  const std::string_view text = Trim(view.value().AsString().value_or(""));
  const auto space = text.find_last_of(" \t");
  if (space == std::string_view::npos) {
    return view.Fail("expected \"DATASET ALIAS\", found {}", view.Describe());
  }
  AliasedDataset read{.dataset = std::string(Trim(text.substr(0, space))),
                      .alias = std::string(text.substr(space + 1))};
  if (read.alias.starts_with("_") || read.alias.find('.') != std::string::npos) {
    return view.Fail("\"{}\" cannot be an alias: it begins with '_' or holds a '.'", read.alias);
  }
  return read;
}

Result<AliasedKey> CompileAliasedKey(const config::ConfigView& expression,
                                     std::span<const AliasedDataset> datasets,
                                     const Catalogue& catalogue, const CompileOptions& options,
                                     config::Issues& issues) {
  std::vector<std::string> aliases;
  aliases.reserve(datasets.size());
  for (const AliasedDataset& dataset : datasets) aliases.push_back(dataset.alias);
  SLUICE_TRY(const auto compiled,
             CompileKeyExpression(expression, aliases, catalogue, options, issues));
  auto alias = FindOnlyAlias(expression, compiled.expr, datasets);
  if (!alias.ok()) {
    issues.AddError(alias.error());
    return alias.TakeError();
  }
  return AliasedKey{.dataset = *alias,
                    .key = std::make_shared<ExpressionKey>(
                        datasets[*alias].dataset, CanonicalText(compiled.expr, options.namespaces),
                        compiled.ground, compiled.node, static_cast<int>(*alias))};
}

}  // namespace sluice::dtl
