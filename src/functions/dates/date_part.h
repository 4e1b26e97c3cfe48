// Date parts: the units that datetime-plus and datetime-diff count in.

#pragma once

#include <optional>
#include <string_view>

#include "value/value.h"

namespace sluice::functions {

// A unit is a number of calendar months (year, month) or of nanoseconds (all others).
struct DatePart {
  int months = 0;
  int64_t nanoseconds = 0;
};

// "year", "month", "week", "day", "hour", "minute", "second", "millisecond", "microsecond",
// "nanosecond".
std::optional<DatePart> ParseDatePart(std::string_view name);

// `count` units later (earlier if negative). A day that the month does not have becomes its last.
// Nothing outside the years 1 to 9999.
std::optional<Instant> AddDateParts(Instant at, const DatePart& part, int64_t count);

// How many whole units `a` is after `b`, towards zero; negative if it is before. Nanoseconds
// between far years are more than 64 bits hold.
__int128 CountDateParts(Instant a, Instant b, const DatePart& part);

}  // namespace sluice::functions
