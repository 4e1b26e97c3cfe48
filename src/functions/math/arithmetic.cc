// + - * / % ^: two numbers in their natural order.

#include "functions/math/math.h"
#include "functions/math/numeric.h"
#include "functions/sequence.h"

namespace sluice::functions {
namespace {

dtl::Eval Operation(Operator op) {
  return [op](const dtl::Args& args) {
    return CalculateOrNull(op, FirstValue(args[0]), FirstValue(args[1]), args.arena());
  };
}

}  // namespace

void AddArithmetic(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "+",
      .chapter = "math",
      .params = {{"VALUE1"}, {"VALUE2"}},
      .doc =
          "VALUE1 + VALUE2. Of lists the first values are used. Null if one of them is null or no "
          "number. Integers "
          "stay exact, a decimal makes the result a decimal, otherwise a float makes it a float.",
      .examples = {{R"(["+", 10, 3])", "13"}, {R"(["+", 10, ["list", 10, 20]])", "20"}},
      .eval = Operation(Operator::kPlus),
  });
  catalogue.Add({
      .name = "-",
      .chapter = "math",
      .params = {{"VALUE1"}, {"VALUE2"}},
      .doc = "VALUE1 - VALUE2; otherwise as +.",
      .examples = {{R"(["-", 10, 12])", "-2"}, {R"(["-", null, 1])", "null"}},
      .eval = Operation(Operator::kMinus),
  });
  catalogue.Add({
      .name = "*",
      .chapter = "math",
      .params = {{"VALUE"}, {"MULTIPLIER"}},
      .doc = "VALUE * MULTIPLIER; otherwise as +.",
      .examples = {{R"(["*", 10, 20])", "200"}, {R"(["*", ["list", 2.3, 14], 2])", "4.6"}},
      .eval = Operation(Operator::kMultiply),
  });
  catalogue.Add({
      .name = "/",
      .chapter = "math",
      .params = {{"DIVIDEND"}, {"DIVISOR"}},
      .doc = "DIVIDEND / DIVISOR; otherwise as +. Integers give an integer if there is no "
             "remainder, otherwise a float; decimals are divided to 28 digits. Null if DIVISOR is "
             "zero.",
      .examples = {{R"(["/", 10, 20])", "0.5"},
                   {R"(["/", 6, 3])", "2"},
                   {R"(["/", 5, 0])", "null"}},
      .eval = Operation(Operator::kDivide),
  });
  catalogue.Add({
      .name = "%",
      .chapter = "math",
      .params = {{"DIVIDEND"}, {"DIVISOR"}},
      .doc = "The remainder of DIVIDEND / DIVISOR, which has the sign of DIVISOR; otherwise as +. "
             "Null if DIVISOR is zero.",
      .examples = {{R"(["%", 5, 3])", "2"}, {R"(["%", -5, 3])", "1"}},
      .eval = Operation(Operator::kRemainder),
  });
  catalogue.Add({
      .name = "^",
      .chapter = "math",
      .params = {{"VALUE"}, {"EXPONENT"}},
      .doc = "VALUE to the power of EXPONENT; otherwise as +. Null if the result is no real "
             "number, or a float beyond its range.",
      .examples = {{R"(["^", 5, 2])", "25"}, {R"(["^", 2, -1])", "0.5"}},
      .eval = Operation(Operator::kPower),
  });
}

}  // namespace sluice::functions
