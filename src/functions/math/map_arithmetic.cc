// plus, minus, multiply, divide, mod and pow: one number applied to many values.

#include "functions/math/math.h"
#include "functions/math/numeric.h"
#include "functions/sequence.h"

namespace sluice::functions {
namespace {

// The first argument is the right operand: ["divide", 2, 10] is 5. A number that has no result
// gives null, so that results keep their places; what is no number is left out.
dtl::Eval MapOperation(Operator op) {
  return [op](const dtl::Args& args) -> Result<Value> {
    const Value operand = FirstValue(args[0]);
    if (!operand.IsNumber()) return Value::Null();
    return dtl::MapValues(args, args[1], [&](const Value& value) -> Result<std::optional<Value>> {
      if (!value.IsNumber()) return std::optional<Value>();
      SLUICE_TRY(const Value result, CalculateOrNull(op, value, operand, args.arena()));
      return std::optional(result);
    });
  };
}

}  // namespace

void AddMapArithmetic(dtl::Catalogue& catalogue) {
  using enum dtl::Kind;
  catalogue.Add({
      .name = "plus",
      .chapter = "math",
      .params = {{"INCREMENT", kNumber}, {"VALUES"}},
      .doc = "Adds INCREMENT to each number in VALUES. Other values are left out. Null if "
             "INCREMENT is no number; of a list its first value is used.",
      .examples = {{R"(["plus", 10, ["list", 1, "x", 3]])", "[11, 13]"},
                   {R"(["plus", 10, 10])", "20"}},
      .eval = MapOperation(Operator::kPlus),
  });
  catalogue.Add({
      .name = "minus",
      .chapter = "math",
      .params = {{"DECREMENT", kNumber}, {"VALUES"}},
      .doc = "Takes DECREMENT from each number in VALUES; otherwise as plus.",
      .examples = {{R"(["minus", 1, ["list", 1, 2, 3]])", "[0, 1, 2]"},
                   {R"(["minus", 10, 12])", "2"}},
      .eval = MapOperation(Operator::kMinus),
  });
  catalogue.Add({
      .name = "multiply",
      .chapter = "math",
      .params = {{"MULTIPLIER", kNumber}, {"VALUES"}},
      .doc = "Multiplies each number in VALUES by MULTIPLIER; otherwise as plus.",
      .examples = {{R"(["multiply", 2, ["list", 2, 4, 6]])", "[4, 8, 12]"},
                   {R"(["multiply", 2.3, 2])", "4.6"}},
      .eval = MapOperation(Operator::kMultiply),
  });
  catalogue.Add({
      .name = "divide",
      .chapter = "math",
      .params = {{"DIVISOR", kNumber}, {"DIVIDENDS"}},
      .doc = "Divides each number in DIVIDENDS by DIVISOR, as / does; otherwise as plus. A "
             "division by zero gives null.",
      .examples = {{R"(["divide", 2, ["list", 2, 4, 6]])", "[1, 2, 3]"},
                   {R"(["divide", 10, 20])", "2"}},
      .eval = MapOperation(Operator::kDivide),
  });
  catalogue.Add({
      .name = "mod",
      .chapter = "math",
      .params = {{"DIVISOR", kNumber}, {"VALUES"}},
      .doc = "The remainder of each number in VALUES divided by DIVISOR, as % gives it; otherwise "
             "as plus. A division by zero gives null.",
      .examples = {{R"(["mod", 2, ["list", 2, 5, 6]])", "[0, 1, 0]"}, {R"(["mod", 3, 5])", "2"}},
      .eval = MapOperation(Operator::kRemainder),
  });
  catalogue.Add({
      .name = "pow",
      .chapter = "math",
      .params = {{"EXPONENT", kNumber}, {"VALUES"}},
      .doc = "Each number in VALUES to the power of EXPONENT, as ^ gives it; otherwise as plus.",
      .examples = {{R"(["pow", 2, ["list", 2, 5, 6]])", "[4, 25, 36]"},
                   {R"(["pow", 3, 10])", "1000"}},
      .eval = MapOperation(Operator::kPower),
  });
}

}  // namespace sluice::functions
