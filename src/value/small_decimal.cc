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

// [-]digits[.digits] with `scale` digits behind the point.
Value Decimal(Wide coefficient, int scale, Arena& arena) {
  constexpr size_t kTextMax = 48;  // 36 digits, a point, a sign, and a zero before the point.
  char text[kTextMax];
  char* const end = text + kTextMax;
  char* at = end;
  const bool negative = coefficient < 0;
  auto left = static_cast<unsigned __int128>(negative ? -coefficient : coefficient);
  int digits = 0;
  while (left != 0 || digits <= scale) {
    if (digits == scale && scale != 0) *--at = '.';
    // Machine words divide much faster.
    if (left >> 64 == 0) {
      const auto word = static_cast<uint64_t>(left);
      *--at = static_cast<char>('0' + word % 10);
      left = word / 10;
    } else {
      *--at = static_cast<char>('0' + static_cast<int>(left % 10));
      left /= 10;
    }
    ++digits;
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
  const std::string_view text = number.text();
  Small small;
  int digits = 0;
  bool fraction = false;
  for (const char c : text) {
    if (c == '.') {
      fraction = true;
    } else if (c != '-') {
      if (++digits > kDigitsMax) return std::nullopt;
      small.coefficient = small.coefficient * 10 + (c - '0');
      small.scale += fraction ? 1 : 0;
    }
  }
  if (text.starts_with('-')) small.coefficient = -small.coefficient;
  return small;
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
