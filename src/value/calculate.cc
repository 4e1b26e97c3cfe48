// Arithmetic on numbers of any kinds.

#include <cmath>

#include "base/limits.h"
#include "value/big_number.h"
#include "value/number.h"
#include "value/small_decimal.h"

namespace sluice {
namespace {

using big_number::BigInteger;
using big_number::Exact;

Error DivisionByZero() { return MakeError(Code::kBadData, "division by zero"); }

// The remainder has the divisor's sign, for all kinds of numbers.
double FloorRemainder(double a, double b) {
  const double remainder = std::fmod(a, b);
  if (remainder == 0) return std::copysign(0.0, b);
  return (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

BigInteger FloorRemainder(const BigInteger& a, const BigInteger& b) {
  BigInteger remainder = a % b;
  if (remainder != 0 && (remainder < 0) != (b < 0)) remainder += b;
  return remainder;
}

Result<Value> CalculateFloats(Operator op, double a, double b) {
  if (b == 0 && (op == Operator::kDivide || op == Operator::kRemainder)) return DivisionByZero();
  switch (op) {
    case Operator::kPlus:
      return Value::Float(a + b);
    case Operator::kMinus:
      return Value::Float(a - b);
    case Operator::kMultiply:
      return Value::Float(a * b);
    case Operator::kDivide:
      return Value::Float(a / b);
    case Operator::kRemainder:
      return Value::Float(FloorRemainder(a, b));
    case Operator::kPower:
      if (a == 0 && b < 0) return DivisionByZero();
      return Value::Float(std::pow(a, b));
  }
  return Value::Null();
}

// Brings two decimals to one scale.
void Align(Exact& a, Exact& b) {
  if (a.scale < b.scale) {
    a.coefficient *= big_number::PowerOfTen(b.scale - a.scale);
    a.scale = b.scale;
  } else if (b.scale < a.scale) {
    b.coefficient *= big_number::PowerOfTen(a.scale - b.scale);
    b.scale = a.scale;
  }
}

Result<Value> CalculateDecimals(Operator op, Exact a, Exact b, Arena& arena) {
  if (b.coefficient == 0 && (op == Operator::kDivide || op == Operator::kRemainder))
    return DivisionByZero();
  switch (op) {
    case Operator::kPlus:
      Align(a, b);
      return big_number::ToDecimal({a.coefficient + b.coefficient, a.scale}, arena);
    case Operator::kMinus:
      Align(a, b);
      return big_number::ToDecimal({a.coefficient - b.coefficient, a.scale}, arena);
    case Operator::kMultiply:
      return big_number::ToDecimal({a.coefficient * b.coefficient, a.scale + b.scale}, arena);
    case Operator::kDivide:
      return big_number::DivideDecimals(a, b, arena);
    case Operator::kRemainder:
      Align(a, b);
      return big_number::ToDecimal({FloorRemainder(a.coefficient, b.coefficient), a.scale}, arena);
    case Operator::kPower:
      return big_number::DecimalPower(a, b, arena);
  }
  return Value::Null();
}

Result<Value> DivideIntegers(const BigInteger& a, const BigInteger& b, Arena& arena) {
  if (b == 0) return DivisionByZero();
  BigInteger quotient;
  BigInteger remainder;
  boost::multiprecision::divide_qr(a, b, quotient, remainder);
  if (remainder == 0) return big_number::ToInteger(quotient, arena);
  const double value = big_number::DivideToDouble(a, b);
  if (!std::isfinite(value))
    return MakeError(Code::kBadData, "the quotient is beyond the range of a float");
  return Value::Float(value);
}

Result<Value> IntegerPower(const BigInteger& a, const BigInteger& b, Arena& arena) {
  if (b >= 0) {
    SLUICE_TRY(auto power, big_number::IntegerPower(a, b));
    return big_number::ToInteger(power, arena);
  }
  if (a == 0) return DivisionByZero();
  return Value::Float(std::pow(big_number::DivideToDouble(a, 1), big_number::DivideToDouble(b, 1)));
}

Result<Value> CalculateBigIntegers(Operator op, const BigInteger& a, const BigInteger& b,
                                   Arena& arena) {
  switch (op) {
    case Operator::kPlus:
      return big_number::ToInteger(a + b, arena);
    case Operator::kMinus:
      return big_number::ToInteger(a - b, arena);
    case Operator::kMultiply:
      return big_number::ToInteger(a * b, arena);
    case Operator::kDivide:
      return DivideIntegers(a, b, arena);
    case Operator::kRemainder:
      if (b == 0) return DivisionByZero();
      return big_number::ToInteger(FloorRemainder(a, b), arena);
    case Operator::kPower:
      return IntegerPower(a, b, arena);
  }
  return Value::Null();
}

// Nothing where the result does not fit, or is better left to exact arithmetic.
std::optional<Value> CalculateSmall(Operator op, int64_t a, int64_t b) {
  constexpr int64_t kExactInDouble = int64_t{1} << 53;
  int64_t result = 0;
  switch (op) {
    case Operator::kPlus:
      if (!__builtin_add_overflow(a, b, &result)) return Value::Integer(result);
      break;
    case Operator::kMinus:
      if (!__builtin_sub_overflow(a, b, &result)) return Value::Integer(result);
      break;
    case Operator::kMultiply:
      if (!__builtin_mul_overflow(a, b, &result)) return Value::Integer(result);
      break;
    case Operator::kDivide:
      if (b == 0 || b == -1) break;
      if (a % b == 0) return Value::Integer(a / b);
      if (std::abs(a / 2) < kExactInDouble / 2 && std::abs(b / 2) < kExactInDouble / 2) {
        return Value::Float(static_cast<double>(a) / static_cast<double>(b));
      }
      break;
    case Operator::kRemainder:
      if (b == 0 || b == -1) break;
      result = a % b;
      if (result != 0 && (result < 0) != (b < 0)) result += b;
      return Value::Integer(result);
    case Operator::kPower:
      break;
  }
  return std::nullopt;
}

bool IsFinite(const Value& number) {
  const auto value = number.AsFloat();
  return !value || std::isfinite(*value);
}

}  // namespace

Result<Value> Calculate(Operator op, const Value& a, const Value& b, Arena& arena) {
  const auto small_a = a.AsInteger();
  const auto small_b = b.AsInteger();
  if (small_a && small_b) {
    if (const auto result = CalculateSmall(op, *small_a, *small_b)) return *result;
  }
  const bool decimal = a.kind() == Kind::kDecimal || b.kind() == Kind::kDecimal;
  if (decimal) {
    const auto few_a = small_decimal::Read(a);
    const auto few_b = small_decimal::Read(b);
    if (few_a && few_b) {
      if (const auto result = small_decimal::Calculate(op, *few_a, *few_b, arena)) return *result;
    }
  }
  if (decimal && IsFinite(a) && IsFinite(b)) {
    return CalculateDecimals(op, big_number::ToExact(a), big_number::ToExact(b), arena);
  }
  if (decimal || a.kind() == Kind::kFloat || b.kind() == Kind::kFloat) {
    return CalculateFloats(op, ToDouble(a), ToDouble(b));
  }
  return CalculateBigIntegers(op, big_number::ToExact(a).coefficient,
                              big_number::ToExact(b).coefficient, arena);
}

}  // namespace sluice
