// Exact numbers for arithmetic. For the files of value/ only; pulls in Boost.Multiprecision.

#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <string_view>

#include "base/arena.h"
#include "base/error.h"
#include "value/number.h"

namespace sluice::big_number {

using BigInteger = boost::multiprecision::cpp_int;

// coefficient / 10^scale, with scale >= 0: the digits of a decimal are kept.
struct Exact {
  BigInteger coefficient;
  int64_t scale = 0;
};

BigInteger PowerOfTen(int64_t exponent);
// Digits of the magnitude; 1 for zero.
int64_t CountDigits(const BigInteger& value);

// An integer, a decimal, or a finite double by its shortest text.
Exact ToExact(const Value& number);
// A finite double, digit for digit.
Exact ExactOfDouble(double value);
BigInteger ReadInteger(std::string_view digits);

Error TooManyDigits();
// Canonical values in the arena.
Result<Value> ToInteger(const BigInteger& value, Arena& arena);
Result<Value> ToDecimal(Exact value, Arena& arena);
// [-]digits[.digits]
std::string ToText(const Exact& value);

// value / divisor rounded to an integer; divisor > 0.
BigInteger DivideRounded(const BigInteger& value, const BigInteger& divisor, Rounding rounding);
// The double nearest to a quotient; infinite beyond the range.
double DivideToDouble(const BigInteger& dividend, const BigInteger& divisor);
// A quotient with 28 significant digits, half even; with fewer where it is exact. divisor != 0.
Result<Value> DivideDecimals(const Exact& dividend, const Exact& divisor, Arena& arena);
// base^exponent for decimals; an exponent with a fraction gives 28 significant digits.
Result<Value> DecimalPower(const Exact& base, const Exact& exponent, Arena& arena);
// base^exponent for exponent >= 0, or the error that it has too many digits.
Result<BigInteger> IntegerPower(const BigInteger& base, const BigInteger& exponent);

}  // namespace sluice::big_number
