#include "value/number.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/limits.h"
#include "value/big_number.h"
#include "value/number_text.h"
#include "value/small_decimal.h"

namespace sluice {

using big_number::BigInteger;
using big_number::Exact;

std::optional<Value> ParseInteger(std::string_view digits, Arena& arena) {
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.empty()) return std::nullopt;
  uint64_t number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  constexpr size_t kFitting = 18;
  if (digits.size() <= kFitting) {
    const auto value = static_cast<int64_t>(number);
    return Value::Integer(negative ? -value : value);
  }
  const size_t first = digits.find_first_not_of('0');
  if (first == digits.npos) return Value::Integer(0);
  digits.remove_prefix(first);
  if (digits.size() > limits::kNumberDigitsMax) return std::nullopt;
  uint64_t magnitude = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), magnitude);
  const uint64_t magnitude_max =
      static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) + (negative ? 1 : 0);
  if (read.ec == std::errc() && magnitude <= magnitude_max) {
    return Value::Integer(static_cast<int64_t>(negative ? 0 - magnitude : magnitude));
  }
  return Value::BigInteger(negative ? arena.Concat("-", digits) : arena.Copy(digits));
}

std::optional<Value> ParseDecimal(std::string_view text, Arena& arena) {
  if (number_text::IsCanonicalDecimal(text)) return Value::Decimal(arena.Copy(text));
  const auto canonical = number_text::CanonicalDecimal(text);
  if (!canonical) return std::nullopt;
  return Value::Decimal(arena.Copy(*canonical));
}

std::string FloatText(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char text[number_text::kFloatTextMax];
  return std::string(text, number_text::WriteFloat(value, text));
}

Value Negate(const Value& number, Arena& arena) {
  if (const auto value = number.AsFloat()) return Value::Float(-*value);
  if (const auto value = number.AsInteger()) {
    if (*value != std::numeric_limits<int64_t>::min()) return Value::Integer(-*value);
    return Value::BigInteger(arena.Copy("9223372036854775808"));
  }
  const auto text = number.text();
  const auto negated = text.starts_with('-') ? text.substr(1)
                       : Sign(number) == 0   ? text
                                             : arena.Concat("-", text);
  if (number.kind() == Kind::kDecimal) return Value::Decimal(negated);
  // 2^63 is no machine integer, -2^63 is one.
  const auto integer = ParseInteger(negated, arena);
  return integer ? *integer : Value::BigInteger(negated);
}

int Sign(const Value& number) {
  if (const auto value = number.AsInteger()) return *value < 0 ? -1 : *value > 0 ? 1 : 0;
  if (const auto value = number.AsFloat()) return *value < 0 ? -1 : *value > 0 ? 1 : 0;
  const auto text = number.text();
  if (text.find_first_of("123456789") == text.npos) return 0;
  return text.starts_with('-') ? -1 : 1;
}

double ToDouble(const Value& number) {
  if (const auto value = number.AsFloat()) return *value;
  if (const auto value = number.AsInteger()) return static_cast<double>(*value);
  return number_text::NearestDouble(number.text());
}

std::optional<Value> ToInteger(const Value& number, Arena& arena) {
  if (number.kind() == Kind::kInteger) return number;
  if (const auto value = number.AsFloat()) {
    if (!std::isfinite(*value)) return std::nullopt;
    const double whole = std::trunc(*value);
    if (std::fabs(whole) < 9e18) return Value::Integer(static_cast<int64_t>(whole));
    auto integer = big_number::ToInteger(big_number::ExactOfDouble(whole).coefficient, arena);
    return integer.ok() ? std::optional(*integer) : std::nullopt;
  }
  const auto text = number.text();
  return ParseInteger(text.substr(0, text.find('.')), arena);
}

namespace {

Result<Value> RoundFloat(double value, std::optional<int> digits, Rounding rounding, Arena& arena) {
  if (!std::isfinite(value)) {
    if (digits) return Value::Float(value);
    return MakeError(Code::kBadData, "{} has no integer part", FloatText(value));
  }
  // A double has no digits behind this place, nor before the other.
  if (digits && (*digits > 1100 || value == 0)) return Value::Float(value);
  const Exact exact = big_number::ExactOfDouble(value);
  const int64_t places = std::max(digits.value_or(0), -400);
  const int64_t drop = exact.scale - places;
  if (drop <= 0 && digits) return Value::Float(value);
  const BigInteger rounded =
      drop <= 0
          ? exact.coefficient
          : big_number::DivideRounded(exact.coefficient, big_number::PowerOfTen(drop), rounding);
  if (!digits) return big_number::ToInteger(rounded, arena);
  const auto text = places >= 0
                        ? big_number::ToText({rounded, places})
                        : big_number::ToText({rounded * big_number::PowerOfTen(-places), 0});
  const double nearest = number_text::NearestDouble(text);
  return Value::Float(nearest == 0 ? std::copysign(0.0, value) : nearest);
}

}  // namespace

Result<Value> Round(const Value& number, std::optional<int> digits, Rounding rounding,
                    Arena& arena) {
  if (const auto value = number.AsFloat()) return RoundFloat(*value, digits, rounding, arena);
  const bool decimal = number.kind() == Kind::kDecimal;
  const int64_t places = digits.value_or(0);
  if (!decimal && places >= 0) return number;
  if (decimal && digits && places >= 0) {
    if (const auto small = small_decimal::Read(number)) {
      if (places >= small->scale) return number;
      return small_decimal::Round(*small, static_cast<int>(places), rounding, arena);
    }
  }
  const Exact exact = big_number::ToExact(number);
  if (decimal && digits && places >= exact.scale) return number;
  const int64_t drop = exact.scale - places;
  const bool to_zero = drop > static_cast<int64_t>(2 * limits::kNumberDigitsMax);
  if (to_zero && (rounding == Rounding::kFloor || rounding == Rounding::kCeiling))
    return big_number::TooManyDigits();
  BigInteger rounded = to_zero     ? BigInteger(0)
                       : drop <= 0 ? exact.coefficient
                                   : big_number::DivideRounded(
                                         exact.coefficient, big_number::PowerOfTen(drop), rounding);
  if (places < 0 && rounded != 0) rounded *= big_number::PowerOfTen(-places);
  if (decimal && digits)
    return big_number::ToDecimal({std::move(rounded), std::max<int64_t>(places, 0)}, arena);
  return big_number::ToInteger(rounded, arena);
}

}  // namespace sluice
