// Exact numbers: integers without bound and decimals.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/error.h"
#include "value/value.h"

namespace sluice {

// The integer written by `digits` ([-+]?[0-9]+): inline if it fits 64 bits, canonical text in the
// arena if not. Nothing if the text is no integer or longer than limits::kNumberDigitsMax.
std::optional<Value> ParseInteger(std::string_view digits, Arena& arena);
// The decimal written by `text` ([-+]?digits[.digits][e[+-]digits]): exponents are written out,
// digits are kept otherwise ("2.500000" stays). Nothing if the text is no number or too long.
std::optional<Value> ParseDecimal(std::string_view text, Arena& arena);
// The shortest text that reads back the same double, in JSON's form with a fraction or exponent
// ("1.0").
std::string FloatText(double value);

// Arithmetic of DTL: integers stay exact; a decimal operand makes the result a decimal (28
// significant digits for division, half even); otherwise floats. Errors: kBadData for a division by
// zero and for numbers over limits::kNumberDigitsMax. Both operands must be numbers.
enum class Operator { kPlus, kMinus, kMultiply, kDivide, kRemainder, kPower };
Result<Value> Calculate(Operator op, const Value& a, const Value& b, Arena& arena);

enum class Rounding { kHalfEven, kHalfUp, kFloor, kCeiling, kTruncate };
// Rounds to `digits` places after the point (negative: before it); the kind stays, except that kind
// kFloat and kDecimal become integers where `digits` is nothing.
Result<Value> Round(const Value& number, std::optional<int> digits, Rounding rounding,
                    Arena& arena);
Value Negate(const Value& number, Arena& arena);
// <0, 0, >0.
int Sign(const Value& number);
double ToDouble(const Value& number);
// Truncates towards zero; nothing for NaN and infinities.
std::optional<Value> ToInteger(const Value& number, Arena& arena);

}  // namespace sluice
