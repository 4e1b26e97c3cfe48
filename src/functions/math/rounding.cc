// ceil, floor and round.

#include <algorithm>
#include <cmath>

#include "base/limits.h"
#include "functions/math/math.h"
#include "functions/sequence.h"
#include "value/number.h"

namespace sluice::functions {
namespace {

// A float that is written 2.2 is a little more than that; rounded up to one digit it shall
// stay 2.2. So floats go up and down by their shortest text.
Result<Value> RoundFloatByText(double number, int digits, Rounding rounding, Arena& arena) {
  const auto decimal = ParseDecimal(FloatText(number), arena);
  if (!decimal) return Value::Float(number);
  SLUICE_TRY(const Value rounded, Round(*decimal, digits, rounding, arena));
  return Value::Float(ToDouble(rounded));
}

Result<Value> RoundNumber(const Value& number, std::optional<int> digits, Rounding rounding,
                          Arena& arena) {
  const auto value = number.AsFloat();
  if (value && !std::isfinite(*value)) return Value::Null();
  if (value && digits && rounding != Rounding::kHalfEven)
    return RoundFloatByText(*value, *digits, rounding, arena);
  return Round(number, digits, rounding, arena);
}

Result<Value> RoundValues(const dtl::Args& args, Rounding rounding) {
  const bool has_digits = args.size() == 2;
  std::optional<int> digits;
  if (has_digits) {
    const auto wanted = FirstValue(args[0]).AsInteger();
    if (!wanted) return Value::Null();
    constexpr auto kDigitsMax = static_cast<int64_t>(limits::kNumberDigitsMax);
    // No digits give integers, as DIGITS left out does.
    if (*wanted != 0) digits = static_cast<int>(std::clamp(*wanted, -kDigitsMax, kDigitsMax));
  }
  return dtl::MapValues(
      args, args[has_digits ? 1 : 0], [&](const Value& value) -> Result<std::optional<Value>> {
        if (!value.IsNumber()) return std::optional<Value>();
        SLUICE_TRY(const Value rounded, RoundNumber(value, digits, rounding, args.arena()));
        return std::optional(rounded);
      });
}

std::vector<dtl::Param> Params() { return {{"DIGITS", dtl::Kind::kNumber, 0, 1}, {"VALUES"}}; }

}  // namespace

void AddRounding(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "ceil",
      .chapter = "math",
      .params = Params(),
      .doc = "Rounds each number in VALUES up to DIGITS digits after the point; negative DIGITS "
             "count before it. Without DIGITS, and with 0, the results are integers; otherwise "
             "they keep their type. Other values are left out. Null if DIGITS is no integer.",
      .examples = {{R"(["ceil", ["list", 2.2, 4.778, 6]])", "[3, 5, 6]"},
                   {R"(["ceil", 1, ["list", 2.2, 4.778, 6]])", "[2.2, 4.8, 6]"}},
      .eval = [](const dtl::Args& args) { return RoundValues(args, Rounding::kCeiling); },
  });
  catalogue.Add({
      .name = "floor",
      .chapter = "math",
      .params = Params(),
      .doc =
          "Rounds each number in VALUES down to DIGITS digits after the point; otherwise as ceil.",
      .examples = {{R"(["floor", ["list", 2.2, 4.778, 6]])", "[2, 4, 6]"},
                   {R"(["floor", 2, 2.299])", "2.29"}},
      .eval = [](const dtl::Args& args) { return RoundValues(args, Rounding::kFloor); },
  });
  catalogue.Add({
      .name = "round",
      .chapter = "math",
      .params = Params(),
      .doc = "Rounds each number in VALUES to the nearest with DIGITS digits after the point, "
             "halves to the even digit; otherwise as ceil.",
      .examples = {{R"(["round", ["list", 2.2, 3.5, 4.5]])", "[2, 4, 4]"},
                   {R"(["round", 1, 4.778])", "4.8"}},
      .eval = [](const dtl::Args& args) { return RoundValues(args, Rounding::kHalfEven); },
  });
}

}  // namespace sluice::functions
