#include "value/big_number.h"

#include <boost/multiprecision/cpp_dec_float.hpp>
#include <cmath>

#include "base/limits.h"
#include "value/number_text.h"

namespace sluice::big_number {
namespace {

namespace mp = boost::multiprecision;

// The significant digits of a division, as in Python's default decimal context.
constexpr int64_t kPrecision = 28;
constexpr double kLog10Of2 = 0.30102999566398120;

bool IsOdd(const BigInteger& value) { return mp::bit_test(value, 0); }

// Rounds to kPrecision significant digits, half even.
Exact RoundToPrecision(BigInteger coefficient, int64_t scale) {
  const int64_t excess = CountDigits(coefficient) - kPrecision;
  if (excess > 0) {
    coefficient = DivideRounded(coefficient, PowerOfTen(excess), Rounding::kHalfEven);
    scale -= excess;
  }
  return {std::move(coefficient), scale};
}

}  // namespace

BigInteger PowerOfTen(int64_t exponent) {
  return mp::pow(BigInteger(10), static_cast<unsigned>(exponent));
}

int64_t CountDigits(const BigInteger& value) {
  if (value == 0) return 1;
  const BigInteger magnitude = mp::abs(value);
  const auto bits = static_cast<double>(mp::msb(magnitude));
  const auto low = static_cast<int64_t>(bits * kLog10Of2);  // At most one too few.
  return magnitude >= PowerOfTen(low + 1) ? low + 2 : magnitude >= PowerOfTen(low) ? low + 1 : low;
}

BigInteger ReadInteger(std::string_view digits) {
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  const size_t first = digits.find_first_not_of('0');  // A leading zero would mean octal.
  if (first == digits.npos) return 0;
  BigInteger value(std::string(digits.substr(first)));
  return negative ? BigInteger(-value) : value;
}

Exact ToExact(const Value& number) {
  if (const auto integer = number.AsInteger()) return {BigInteger(*integer), 0};
  if (number.IsBigInteger()) return {ReadInteger(number.text()), 0};
  std::string text;
  if (const auto value = number.AsFloat()) {
    text = number_text::CanonicalDecimal(FloatText(*value)).value_or("0");
  } else {
    text = number.text();
  }
  const size_t point = text.find('.');
  if (point == std::string::npos) return {ReadInteger(text), 0};
  const auto scale = static_cast<int64_t>(text.size() - point - 1);
  text.erase(point, 1);
  return {ReadInteger(text), scale};
}

Exact ExactOfDouble(double value) {
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  BigInteger mantissa(static_cast<int64_t>(std::ldexp(fraction, 53)));
  exponent -= 53;
  if (exponent >= 0) return {mantissa << exponent, 0};
  const auto scale = static_cast<unsigned>(-exponent);
  return {mantissa * mp::pow(BigInteger(5), scale), scale};
}

Error TooManyDigits() {
  return MakeError(Code::kBadData, "a number may have at most {} digits", limits::kNumberDigitsMax);
}

Result<Value> ToInteger(const BigInteger& value, Arena& arena) {
  if (value >= std::numeric_limits<int64_t>::min() &&
      value <= std::numeric_limits<int64_t>::max()) {
    return Value::Integer(static_cast<int64_t>(value));
  }
  if (static_cast<double>(mp::msb(mp::abs(value))) * kLog10Of2 >
      static_cast<double>(limits::kNumberDigitsMax)) {
    return TooManyDigits();
  }
  const auto text = value.str();
  if (text.size() > limits::kNumberDigitsMax + (value < 0 ? 1 : 0)) return TooManyDigits();
  return Value::BigInteger(arena.Copy(text));
}

std::string ToText(const Exact& value) {
  std::string text = BigInteger(mp::abs(value.coefficient)).str();
  if (value.scale > 0) {
    const auto scale = static_cast<size_t>(value.scale);
    if (text.size() <= scale) text.insert(0, scale + 1 - text.size(), '0');
    text.insert(text.size() - scale, 1, '.');
  } else if (value.scale < 0 && value.coefficient != 0) {
    text.append(static_cast<size_t>(-value.scale), '0');
  }
  if (value.coefficient < 0) text.insert(0, 1, '-');
  return text;
}

Result<Value> ToDecimal(Exact value, Arena& arena) {
  const auto digits_max = static_cast<int64_t>(limits::kNumberDigitsMax);
  if (value.scale > digits_max || -value.scale > digits_max) return TooManyDigits();
  if (CountDigits(value.coefficient) + std::max<int64_t>(0, -value.scale) > digits_max)
    return TooManyDigits();
  return Value::Decimal(arena.Copy(ToText(value)));
}

BigInteger DivideRounded(const BigInteger& value, const BigInteger& divisor, Rounding rounding) {
  BigInteger quotient;
  BigInteger remainder;
  mp::divide_qr(value, divisor, quotient, remainder);
  if (remainder == 0) return quotient;
  const int sign = value < 0 ? -1 : 1;
  const BigInteger twice = mp::abs(remainder) * 2;
  bool away = false;
  switch (rounding) {
    case Rounding::kHalfEven:
      away = twice > divisor || (twice == divisor && IsOdd(mp::abs(quotient)));
      break;
    case Rounding::kHalfUp:
      away = twice >= divisor;
      break;
    case Rounding::kFloor:
      away = sign < 0;
      break;
    case Rounding::kCeiling:
      away = sign > 0;
      break;
    case Rounding::kTruncate:
      break;
  }
  if (away) quotient += sign;
  return quotient;
}

double DivideToDouble(const BigInteger& dividend, const BigInteger& divisor) {
  if (dividend == 0) return 0;
  const bool negative = (dividend < 0) != (divisor < 0);
  BigInteger top = mp::abs(dividend);
  BigInteger bottom = mp::abs(divisor);
  // A quotient of 64 or 65 bits with a sticky last bit rounds to the nearest double when converted.
  const int64_t shift =
      64 - (static_cast<int64_t>(mp::msb(top)) - static_cast<int64_t>(mp::msb(bottom)));
  if (shift >= 0) {
    top <<= static_cast<size_t>(shift);
  } else {
    bottom <<= static_cast<size_t>(-shift);
  }
  BigInteger quotient;
  BigInteger remainder;
  mp::divide_qr(top, bottom, quotient, remainder);
  bool sticky = remainder != 0;
  int64_t exponent = -shift;
  while (mp::msb(quotient) >= 64) {
    sticky = sticky || IsOdd(quotient);
    quotient >>= 1;
    ++exponent;
  }
  auto bits = static_cast<uint64_t>(quotient);
  if (sticky) bits |= 1;
  if (exponent > 2000) return negative ? -INFINITY : INFINITY;
  const double magnitude =
      std::ldexp(static_cast<double>(bits), static_cast<int>(std::max<int64_t>(exponent, -3000)));
  return negative ? -magnitude : magnitude;
}

Result<Value> DivideDecimals(const Exact& dividend, const Exact& divisor, Arena& arena) {
  const int64_t ideal_scale = dividend.scale - divisor.scale;
  const int64_t shift =
      CountDigits(divisor.coefficient) - CountDigits(dividend.coefficient) + kPrecision + 1;
  BigInteger top = mp::abs(dividend.coefficient);
  BigInteger bottom = mp::abs(divisor.coefficient);
  if (shift >= 0) {
    top *= PowerOfTen(shift);
  } else {
    bottom *= PowerOfTen(-shift);
  }
  BigInteger quotient;
  BigInteger remainder;
  mp::divide_qr(top, bottom, quotient, remainder);
  int64_t scale = ideal_scale + shift;
  if (remainder != 0) {
    if (quotient % 5 == 0) ++quotient;  // Keeps a half from looking exact when it is rounded.
  } else {
    while (scale > ideal_scale && quotient % 10 == 0) {
      quotient /= 10;
      --scale;
    }
  }
  auto rounded = RoundToPrecision(std::move(quotient), scale);
  if ((dividend.coefficient < 0) != (divisor.coefficient < 0))
    rounded.coefficient = -rounded.coefficient;
  return ToDecimal(std::move(rounded), arena);
}

Result<BigInteger> IntegerPower(const BigInteger& base, const BigInteger& exponent) {
  if (base == 0 || base == 1) return exponent == 0 ? BigInteger(1) : base;
  if (base == -1) return IsOdd(exponent) ? base : BigInteger(1);
  const double digits_min = static_cast<double>(mp::msb(mp::abs(base))) * kLog10Of2;
  if (exponent > limits::kNumberDigitsMax * 4 ||
      digits_min * static_cast<double>(exponent) > static_cast<double>(limits::kNumberDigitsMax)) {
    return TooManyDigits();
  }
  return BigInteger(mp::pow(base, static_cast<unsigned>(exponent)));
}

Result<Value> DecimalPower(const Exact& base, const Exact& exponent, Arena& arena) {
  const BigInteger unit = PowerOfTen(exponent.scale);
  if (exponent.coefficient % unit == 0) {
    const BigInteger whole = exponent.coefficient / unit;
    const BigInteger times = mp::abs(whole);
    if (whole < 0 && base.coefficient == 0) return MakeError(Code::kBadData, "division by zero");
    SLUICE_TRY(auto power, IntegerPower(base.coefficient, times));
    if (base.scale != 0 && times > limits::kNumberDigitsMax) return TooManyDigits();
    const int64_t scale = base.scale == 0 ? 0 : base.scale * static_cast<int64_t>(times);
    if (whole >= 0) return ToDecimal({std::move(power), scale}, arena);
    if (scale > static_cast<int64_t>(limits::kNumberDigitsMax)) return TooManyDigits();
    return DivideDecimals({1, 0}, {std::move(power), scale}, arena);
  }
  if (base.coefficient < 0)
    return MakeError(Code::kBadData, "a negative number has no power with a fraction");
  if (base.coefficient == 0) {
    if (exponent.coefficient < 0) return MakeError(Code::kBadData, "division by zero");
    return ToDecimal({0, 0}, arena);
  }
  using Wide = mp::cpp_dec_float_100;
  const Wide result = mp::pow(Wide(ToText(base)), Wide(ToText(exponent)));
  const auto text =
      number_text::CanonicalDecimal(result.str(kPrecision - 1, std::ios_base::scientific));
  if (!text) return TooManyDigits();
  std::string_view digits = *text;
  if (digits.find('.') != digits.npos) {
    digits = digits.substr(0, digits.find_last_not_of('0') + 1);
    if (digits.ends_with('.')) digits.remove_suffix(1);
  }
  return Value::Decimal(arena.Copy(digits));
}

}  // namespace sluice::big_number
