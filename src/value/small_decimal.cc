#include "value/small_decimal.h"

#include <algorithm>
#include <array>

namespace sluice::small_decimal {
namespace {

using Wide = __int128;

constexpr int kDigitsMax = 18;

constexpr std::array<int64_t, kDigitsMax + 1> kPowersOfTen = [] {
  std::array<int64_t, kDigitsMax + 1> powers{};
  int64_t power = 1;
  for (auto& entry : powers) {
    entry = power;
    if (&entry != &powers.back()) power *= 10;
  }
  return powers;
}();

// Writes digits backwards from `at`, at least one, and gives where they begin.
char* WriteDigits(uint64_t number, char* at) {
  do {
    *--at = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  return at;
}
// The same for so many digits.
char* WriteDigits(uint64_t number, int digits, char* at) {
  for (; digits != 0; --digits, number /= 10) *--at = static_cast<char>('0' + number % 10);
  return at;
}

// [-]digits[.digits] with `scale` digits behind the point.
Value Decimal(Wide coefficient, int scale, Arena& arena) {
  constexpr size_t kTextMax = 48;  // 36 digits, a point, a sign, and a zero before the point.
  char text[kTextMax];
  char* const end = text + kTextMax;
  char* at = end;
  const bool negative = coefficient < 0;
  auto left = static_cast<unsigned __int128>(negative ? -coefficient : coefficient);
  if (left >> 64 == 0 && scale <= kDigitsMax) {
    // Machine words divide much faster.
    const auto power = static_cast<uint64_t>(kPowersOfTen[static_cast<size_t>(scale)]);
    const auto word = static_cast<uint64_t>(left);
    if (scale != 0) {
      at = WriteDigits(word % power, scale, at);
      *--at = '.';
    }
    at = WriteDigits(word / power, at);
  } else {
    for (int digits = 0; left != 0 || digits <= scale; ++digits, left /= 10) {
      if (digits == scale && scale != 0) *--at = '.';
      *--at = static_cast<char>('0' + static_cast<int>(left % 10));
    }
  }
  if (negative) *--at = '-';
  return Value::Decimal(arena.Copy({at, static_cast<size_t>(end - at)}));
}

}  // namespace

std::optional<Small> Read(const Value& number) {
  if (const auto integer = number.AsInteger()) {
    if (*integer >= kPowersOfTen.back() || *integer <= -kPowersOfTen.back()) return std::nullopt;
    return Small{*integer, 0};
  }
  if (number.kind() != Kind::kDecimal) return std::nullopt;
  // A sign and a point beside the digits.
  std::string_view text = number.text();
  if (text.size() > kDigitsMax + 2) return std::nullopt;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  uint64_t digits = 0;
  size_t point = text.size();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.') {
      point = i;
    } else {
      digits = digits * 10 + static_cast<uint64_t>(text[i] - '0');
    }
  }
  const bool fraction = point != text.size();
  if (text.size() - (fraction ? 1 : 0) > kDigitsMax) return std::nullopt;
  const auto coefficient = static_cast<int64_t>(digits);
  return Small{negative ? -coefficient : coefficient,
               fraction ? static_cast<int>(text.size() - point - 1) : 0};
}

std::optional<Value> Calculate(Operator op, const Small& a, const Small& b, Arena& arena) {
  switch (op) {
    case Operator::kMultiply:
      return Decimal(Wide(a.coefficient) * b.coefficient, a.scale + b.scale, arena);
    case Operator::kPlus:
    case Operator::kMinus: {
      const int scale = std::max(a.scale, b.scale);
      const Wide left = Wide(a.coefficient) * kPowersOfTen[static_cast<size_t>(scale - a.scale)];
      const Wide right = Wide(b.coefficient) * kPowersOfTen[static_cast<size_t>(scale - b.scale)];
      return Decimal(op == Operator::kPlus ? left + right : left - right, scale, arena);
    }
    default:
      return std::nullopt;
  }
}

Value Round(const Small& number, int places, Rounding rounding, Arena& arena) {
  const int64_t divisor = kPowersOfTen[static_cast<size_t>(number.scale - places)];
  int64_t quotient = number.coefficient / divisor;
  const int64_t remainder = number.coefficient % divisor;
  const int64_t sign = number.coefficient < 0 ? -1 : 1;
  const int64_t magnitude = remainder * sign;
  bool away = false;
  switch (rounding) {
    case Rounding::kHalfEven:
      away = magnitude > divisor - magnitude || (magnitude * 2 == divisor && quotient % 2 != 0);
      break;
    case Rounding::kHalfUp:
      away = magnitude != 0 && magnitude >= divisor - magnitude;
      break;
    case Rounding::kFloor:
      away = magnitude != 0 && sign < 0;
      break;
    case Rounding::kCeiling:
      away = magnitude != 0 && sign > 0;
      break;
    case Rounding::kTruncate:
      break;
  }
  if (away) quotient += sign;
  return Decimal(quotient, places, arena);
}

}  // namespace sluice::small_decimal
