// gt, gte, lt and lte: the order of first values.

#include <cmath>
#include <optional>

#include "functions/comparisons/comparisons.h"
#include "functions/sequence.h"
#include "value/relations.h"

namespace sluice::functions {
namespace {

bool IsNan(const Value& value) {
  const auto number = value.AsFloat();
  return number && std::isnan(*number);
}

bool IsInstant(const Value& value) {
  return value.kind() == Kind::kDate || value.kind() == Kind::kDatetime;
}

// <0, 0, >0; nothing where the two have no order: null, NaN, and values of types that do not
// compare.
std::optional<int> CompareFirst(const Value& a, const Value& b) {
  const Value left = FirstValue(a);
  const Value right = FirstValue(b);
  if (left.IsNull() || right.IsNull() || IsNan(left) || IsNan(right)) return std::nullopt;
  const bool comparable = left.kind() == right.kind() || (left.IsNumber() && right.IsNumber()) ||
                          (IsInstant(left) && IsInstant(right));
  if (!comparable) return std::nullopt;
  return Compare(left, right);
}

template <class F>
dtl::Eval Ordered(F test) {
  return [test](const dtl::Args& args) -> Value {
    const auto a = args[0].AsInteger();
    const auto b = args[1].AsInteger();
    if (a && b) return Value::Boolean(test(*a < *b ? -1 : *a > *b ? 1 : 0));
    const auto order = CompareFirst(args[0], args[1]);
    return Value::Boolean(order && test(*order));
  };
}

std::vector<dtl::Param> Params() { return {{"VALUES1"}, {"VALUES2"}}; }

}  // namespace

void AddOrder(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "gt",
      .chapter = "comparisons",
      .params = Params(),
      .doc = "True if the first value of VALUES1 is greater than the first value of VALUES2. "
             "False where one of them is null or missing, and between types that have no common "
             "order.",
      .examples = {{R"(["gt", "_S.age", 42])", "true", R"({"age": 43})"},
                   {R"(["gt", "5", 3])", "false"}},
      .eval = Ordered([](int order) { return order > 0; }),
  });
  catalogue.Add({
      .name = "gte",
      .chapter = "comparisons",
      .params = Params(),
      .doc = "True if the first value of VALUES1 is greater than or equal to that of VALUES2; "
             "otherwise as gt.",
      .examples = {{R"(["gte", 42, 42.0])", "true"}, {R"(["gte", null, null])", "false"}},
      .eval = Ordered([](int order) { return order >= 0; }),
  });
  catalogue.Add({
      .name = "lt",
      .chapter = "comparisons",
      .params = Params(),
      .doc = "True if the first value of VALUES1 is less than that of VALUES2; otherwise as gt.",
      .examples = {{R"(["lt", "abc", "abd"])", "true"}},
      .eval = Ordered([](int order) { return order < 0; }),
  });
  catalogue.Add({
      .name = "lte",
      .chapter = "comparisons",
      .params = Params(),
      .doc = "True if the first value of VALUES1 is less than or equal to that of VALUES2; "
             "otherwise as gt.",
      .examples = {{R"(["lte", ["list", 1, 9], 1])", "true"}},
      .eval = Ordered([](int order) { return order <= 0; }),
  });
}

}  // namespace sluice::functions
