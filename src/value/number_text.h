// Numbers as text, without big-number arithmetic. For the files of value/ only.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "value/value.h"

namespace sluice::number_text {

// Canonical decimal text ([-]digits[.digits], no needless leading zeros) of `text`, which may have
// a sign, leading zeros and an exponent. Nothing if it is no number or would have more than
// limits::kNumberDigitsMax digits.
std::optional<std::string> CanonicalDecimal(std::string_view text);

// Whether a text of few digits is that already; false says nothing.
bool IsCanonicalDecimal(std::string_view text);

// Writes the shortest text of a finite double to `to` (room for kFloatTextMax bytes) and gives the
// end: a fraction or an exponent is always there; an exponent from 1e16 on and below 1e-4.
inline constexpr int kFloatTextMax = 40;
char* WriteFloat(double value, char* to);

// The double nearest to a decimal text; infinite beyond the range, zero below it.
double NearestDouble(std::string_view text);

// A finite number as 0.DIGITS * 10^exponent, with digits that neither start nor end with 0; zero
// has none. The value of a double is exact, not its shortest text.
struct Normal {
  bool negative = false;
  int64_t exponent = 0;
  std::string digits;

  bool operator==(const Normal&) const = default;
};
Normal NormalOf(const Value& number);
// <0, 0, >0.
int CompareNormals(const Normal& a, const Normal& b);

}  // namespace sluice::number_text
