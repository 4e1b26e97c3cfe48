#include "functions/math/numeric.h"

#include <cmath>

namespace sluice::functions {
namespace {

bool IsFinite(const Value& number) {
  const auto value = number.AsFloat();
  return !value || std::isfinite(*value);
}

bool IsIntegral(const Value& number) {
  if (number.kind() == Kind::kInteger) return true;
  if (const auto value = number.AsFloat()) return std::trunc(*value) == *value;
  const auto text = number.text();
  const size_t point = text.find('.');
  return point == std::string_view::npos ||
         text.find_first_not_of('0', point + 1) == std::string_view::npos;
}

bool HasResult(Operator op, const Value& a, const Value& b) {
  switch (op) {
    case Operator::kDivide:
    case Operator::kRemainder:
      return Sign(b) != 0;
    case Operator::kPower:
      if (Sign(a) == 0) return Sign(b) >= 0;
      return Sign(a) > 0 || IsIntegral(b);
    default:
      return true;
  }
}

}  // namespace

Result<Value> CalculateOrNull(Operator op, const Value& a, const Value& b, Arena& arena) {
  if (!a.IsNumber() || !b.IsNumber() || !IsFinite(a) || !IsFinite(b)) return Value::Null();
  if (!HasResult(op, a, b)) return Value::Null();
  SLUICE_TRY(const Value result, Calculate(op, a, b, arena));
  return IsFinite(result) ? result : Value::Null();
}

}  // namespace sluice::functions
