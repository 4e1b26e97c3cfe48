// is-integer, is-float and is-decimal.

#include "functions/first_value.h"
#include "functions/numbers/numbers.h"

namespace sluice::functions {

void AddNumberTests(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "is-integer",
      .chapter = "numbers",
      .params = {{"VALUES"}},
      .doc = "True if VALUES is an integer, or a list whose first item is one.",
      .examples = {{R"(["is-integer", 1])", "true"}, {R"(["is-integer", "1"])", "false"}},
      .eval = FirstValueTest([](const Value& value) { return value.kind() == Kind::kInteger; }),
  });
  catalogue.Add({
      .name = "is-float",
      .chapter = "numbers",
      .params = {{"VALUES"}},
      .doc =
          "True if VALUES is a float, or a list whose first item is one. Decimals are not floats.",
      .examples = {{R"(["is-float", 1.0])", "true"},
                   {R"(["is-float", ["decimal", "1.23"]])", "false"}},
      .eval = FirstValueTest([](const Value& value) { return value.kind() == Kind::kFloat; }),
  });
  catalogue.Add({
      .name = "is-decimal",
      .chapter = "numbers",
      .params = {{"VALUES"}},
      .doc = "True if VALUES is a decimal, or a list whose first item is one. Floats are not "
             "decimals.",
      .examples = {{R"(["is-decimal", ["decimal", "1.23"]])", "true"},
                   {R"(["is-decimal", 1.0])", "false"}},
      .eval = FirstValueTest([](const Value& value) { return value.kind() == Kind::kDecimal; }),
  });
}

}  // namespace sluice::functions
