// boolean and is-boolean.

#include "functions/booleans/booleans.h"
#include "functions/cast.h"
#include "functions/first_value.h"

namespace sluice::functions {
namespace {

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

Result<std::optional<Value>> ToBoolean(const Value& value) {
  if (value.AsBoolean()) return std::optional(value);
  const auto text = value.AsString();
  if (text && EqualsIgnoringCase(*text, "true")) return std::optional(Value::Boolean(true));
  if (text && EqualsIgnoringCase(*text, "false")) return std::optional(Value::Boolean(false));
  return std::optional<Value>();
}

}  // namespace

void AddBoolean(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "boolean",
      .chapter = "booleans",
      .params = CastParams(),
      .doc = "Makes booleans of VALUES: of booleans, and of the strings \"true\" and \"false\" in "
             "upper or lower case. What is no boolean is left out, or replaced by what FUNCTION "
             "gives for it. Null is left out.",
      .examples = {{R"(["boolean", ["list", "true", "yes", "False", 1]])", "[true, false]"},
                   {R"(["boolean", ["string", "n/a"], ["list", "true", "124.4"]])",
                    R"([true, "n/a"])"}},
      .eval = [](const dtl::Args& args) { return CastValues(args, ToBoolean); },
  });
  catalogue.Add({
      .name = "is-boolean",
      .chapter = "booleans",
      .params = {{"VALUES"}},
      .doc = "True if VALUES is a boolean, or a list whose first item is one.",
      .examples = {{R"(["is-boolean", false])", "true"}, {R"(["is-boolean", "True"])", "false"}},
      .eval = FirstValueTest([](const Value& value) { return value.kind() == Kind::kBoolean; }),
  });
}

}  // namespace sluice::functions
