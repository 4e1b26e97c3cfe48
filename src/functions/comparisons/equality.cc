// eq and neq.

#include "dtl/equality.h"

#include "functions/comparisons/comparisons.h"

namespace sluice::functions {

void AddEquality(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "eq",
      .chapter = "comparisons",
      .params = {{"VALUES1"}, {"VALUES2"}},
      .doc = "True if both arguments are equal, item by item and in order. A single value equals "
             "a list that holds only it; null equals only null. Numbers are compared by value, "
             "and values of other types are never equal. Between two datasets of a hop it is a "
             "join: true if the arguments have a value in common.",
      .examples = {{R"(["eq", "_S.age", 42])", "true", R"({"age": 42})"},
                   {R"(["eq", ["list", 1], 1.0])", "true"},
                   {R"(["eq", ["list", 1, 2], ["list", 2, 1]])", "false"}},
      .eval = [](const dtl::Args& args) -> Result<Value> {
        return Value::Boolean(dtl::EqualForEq(args[0], args[1]));
      },
  });
  catalogue.Add({
      .name = "neq",
      .chapter = "comparisons",
      .params = {{"VALUES1"}, {"VALUES2"}},
      .doc = "False where eq is true, otherwise true.",
      .examples = {{R"(["neq", "_S.missing", "x"])", "true"}},
      .eval = [](const dtl::Args& args) -> Result<Value> {
        return Value::Boolean(!dtl::EqualForEq(args[0], args[1]));
      },
  });
}

}  // namespace sluice::functions
