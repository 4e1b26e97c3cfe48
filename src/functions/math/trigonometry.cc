// sin, cos, tan and sqrt: functions of real numbers.

#include <cmath>

#include "functions/math/math.h"
#include "value/number.h"

namespace sluice::functions {
namespace {

// No double is a multiple of pi/2, so the tangent there is only large. From this on it is the
// rounding of the argument that is seen, and the reference calls it undefined.
constexpr double kTangentMax = 1e15;

double Tangent(double radians) {
  const double tangent = std::tan(radians);
  return std::fabs(tangent) < kTangentMax ? tangent : std::nan("");
}

// A number without a real result gives null, so that results keep their places.
template <class F>
dtl::Eval OfReals(F function) {
  return [function](const dtl::Args& args) {
    return dtl::MapValues(args, args[0], [&](const Value& value) -> std::optional<Value> {
      if (!value.IsNumber()) return std::nullopt;
      const double result = function(ToDouble(value));
      return std::isfinite(result) ? Value::Float(result) : Value::Null();
    });
  };
}

}  // namespace

void AddTrigonometry(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "sin",
      .chapter = "math",
      .params = {{"VALUES"}},
      .doc = "The sines of the numbers in VALUES, which are in radians, as floats. Other values "
             "are left out.",
      .examples = {{R"(["sin", 0.0])", "0.0"}},
      .eval = OfReals([](double radians) { return std::sin(radians); }),
  });
  catalogue.Add({
      .name = "cos",
      .chapter = "math",
      .params = {{"VALUES"}},
      .doc = "The cosines of the numbers in VALUES, which are in radians, as floats. Other values "
             "are left out.",
      .examples = {{R"(["cos", ["list", 0, "x"]])", "[1.0]"}},
      .eval = OfReals([](double radians) { return std::cos(radians); }),
  });
  catalogue.Add({
      .name = "tan",
      .chapter = "math",
      .params = {{"VALUES"}},
      .doc = "The tangents of the numbers in VALUES, which are in radians, as floats. Null very "
             "close to where the tangent is not defined. Other values are left out.",
      .examples = {{R"(["tan", 0])", "0.0"}},
      .eval = OfReals(Tangent),
  });
  catalogue.Add({
      .name = "sqrt",
      .chapter = "math",
      .params = {{"VALUES"}},
      .doc = "The square roots of the numbers in VALUES, as floats. Null for negative numbers. "
             "Other values are left out.",
      .examples = {{R"(["sqrt", ["list", 4, 9, 16]])", "[2.0, 3.0, 4.0]"},
                   {R"(["sqrt", -2])", "null"}},
      .eval = OfReals([](double number) { return std::sqrt(number); }),
  });
}

}  // namespace sluice::functions
