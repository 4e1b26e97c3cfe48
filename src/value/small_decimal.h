// Decimals and integers of few digits, calculated with machine integers: most of what there is. For
// the files of value/ only.

#pragma once

#include <cstdint>
#include <optional>

#include "base/arena.h"
#include "value/number.h"

namespace sluice::small_decimal {

// coefficient / 10^scale; the digits of a decimal are kept. At most 18 digits.
struct Small {
  int64_t coefficient = 0;
  int scale = 0;
};

// Nothing for floats and for numbers of more digits.
std::optional<Small> Read(const Value& number);

// What exact arithmetic gives; nothing where the result may have more digits, and for division,
// remainders and powers.
std::optional<Value> Calculate(Operator op, const Small& a, const Small& b, Arena& arena);

// Rounded to `places` digits behind the point, 0 <= places < scale.
Value Round(const Small& number, int places, Rounding rounding, Arena& arena);

}  // namespace sluice::small_decimal
