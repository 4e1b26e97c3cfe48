// Two's complement: integers of any size as hexadecimal digits.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/error.h"
#include "value/value.h"

namespace sluice::functions {

// Longer numbers take time that grows with the square of their length.
inline constexpr size_t kHexDigitsMax = 4096;

// The digits of the fewest bytes that hold the integer and its sign: 1 is "01", 255 "00ff", -1
// "ff". Fails with kTooLarge where they would be more than kHexDigitsMax.
Result<std::string> ToHexDigits(const Value& integer, Arena& arena);

// The integer whose digits these are; the first bit of the first digit is the sign. Nothing if
// there is none, or one that is no digit. Fails with kTooLarge for more than kHexDigitsMax.
Result<std::optional<Value>> ParseHexDigits(std::string_view digits, Arena& arena);

}  // namespace sluice::functions
