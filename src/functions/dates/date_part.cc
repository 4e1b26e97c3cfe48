#include "functions/dates/date_part.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "value/instant.h"

namespace sluice::functions {
namespace {

using Wide = __int128;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kDayS = 86'400;

constexpr std::array<std::pair<std::string_view, DatePart>, 10> kParts = {{
    {"year", {12, 0}},
    {"month", {1, 0}},
    {"week", {0, 7 * kDayS* kSecond}},
    {"day", {0, kDayS* kSecond}},
    {"hour", {0, 3600 * kSecond}},
    {"minute", {0, 60 * kSecond}},
    {"second", {0, kSecond}},
    {"millisecond", {0, 1'000'000}},
    {"microsecond", {0, 1'000}},
    {"nanosecond", {0, 1}},
}};

constexpr int64_t kMonthsMax = 12 * 10'000;  // Beyond it every date is out of range.

Wide Nanoseconds(Instant at) { return Wide(at.seconds) * kSecond + at.nanoseconds; }

std::optional<Instant> InstantOf(Wide nanoseconds) {
  Wide seconds = nanoseconds / kSecond;
  Wide rest = nanoseconds % kSecond;
  if (rest < 0) {
    rest += kSecond;
    --seconds;
  }
  if (seconds > Wide(1) << 62 || seconds < -(Wide(1) << 62)) return std::nullopt;
  const Instant at{static_cast<int64_t>(seconds), static_cast<uint32_t>(rest)};
  return InRange(at) ? std::optional(at) : std::nullopt;
}

struct MonthAndRest {
  int64_t months = 0;  // Since year 0.
  Wide rest = 0;       // Nanoseconds since the month began.
};

MonthAndRest SplitMonth(Instant at) {
  using namespace std::chrono;
  const sys_seconds time{seconds(at.seconds)};
  const auto midnight = floor<days>(time);
  const year_month_day date{midnight};
  const auto first = sys_days{date.year() / date.month() / 1};
  return {int64_t{static_cast<int>(date.year())} * 12 + static_cast<unsigned>(date.month()) - 1,
          Wide((time - sys_seconds(first)).count()) * kSecond + at.nanoseconds};
}

}  // namespace

std::optional<DatePart> ParseDatePart(std::string_view name) {
  for (const auto& [known, part] : kParts) {
    if (known == name) return part;
  }
  return std::nullopt;
}

std::optional<Instant> AddDateParts(Instant at, const DatePart& part, int64_t count) {
  if (part.months == 0) {
    int64_t seconds_added = 0;
    int64_t moved_seconds = 0;
    // Most units are whole seconds, which need no wide numbers.
    if (part.nanoseconds % kSecond == 0 &&
        !__builtin_mul_overflow(count, part.nanoseconds / kSecond, &seconds_added) &&
        !__builtin_add_overflow(at.seconds, seconds_added, &moved_seconds)) {
      const Instant moved{moved_seconds, at.nanoseconds};
      return InRange(moved) ? std::optional(moved) : std::nullopt;
    }
    return InstantOf(Nanoseconds(at) + Wide(count) * part.nanoseconds);
  }
  if (count > kMonthsMax || count < -kMonthsMax) return std::nullopt;
  using namespace std::chrono;
  const sys_seconds time{seconds(at.seconds)};
  const auto midnight = floor<days>(time);
  const year_month_day date{midnight};
  const auto moved = date.year() / date.month() + months(static_cast<int>(count * part.months));
  if (moved.year() < year(1) || moved.year() > year(9999)) return std::nullopt;
  const auto last = (moved / std::chrono::last).day();
  const sys_days day{moved / std::min(date.day(), last)};
  return Instant{(sys_seconds(day) + (time - sys_seconds(midnight))).time_since_epoch().count(),
                 at.nanoseconds};
}

Wide CountDateParts(Instant a, Instant b, const DatePart& part) {
  if (part.months == 0) return (Nanoseconds(a) - Nanoseconds(b)) / part.nanoseconds;
  const auto left = SplitMonth(a);
  const auto right = SplitMonth(b);
  int64_t count = left.months - right.months;
  // A month that has begun but is not over does not count.
  if (count > 0 && left.rest < right.rest) --count;
  if (count < 0 && left.rest > right.rest) ++count;
  return count / part.months;
}

}  // namespace sluice::functions
