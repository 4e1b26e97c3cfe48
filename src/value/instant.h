// Dates and datetimes of the entity data model: years 1 to 9999, nanoseconds, UTC.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "value/value.h"

namespace sluice {

// "2015-12-31" → days since 1970. The whole text must match and the date must exist.
std::optional<int32_t> ParseDate(std::string_view text);
// "2015-01-02T03:04:05[.fraction]Z", 1 to 9 digits of fraction.
std::optional<Instant> ParseDatetime(std::string_view text);
// Years outside 1 to 9999 are not representable: the caller checks with InRange first.
std::string DateText(int32_t days);
// Trailing zeros of the fraction are left out; no fraction if it is zero.
std::string DatetimeText(Instant at);
bool InRange(Instant at);

// The same texts, written to `to` (room for kInstantTextMax bytes); give the end.
inline constexpr int kInstantTextMax = 32;
char* WriteDateText(int32_t days, char* to);
char* WriteDatetimeText(Instant at, char* to);

}  // namespace sluice
