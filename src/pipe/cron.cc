#include "pipe/cron.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <functional>
#include <span>
#include <vector>

namespace sluice::pipe {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

struct Field {
  std::string_view name;
  int min;
  int max;
  std::span<const std::string_view> names = {};  // Of the values from `min` on.
  bool wraps = false;                            // FRI-MON.
};

constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                      "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdays = {"SUN", "MON", "TUE", "WED",
                                                       "THU", "FRI", "SAT"};

constexpr Field kMinutes = {"minutes", 0, 59};
constexpr Field kHours = {"hours", 0, 23};
constexpr Field kDays = {"day of month", 1, 31};
constexpr Field kMonthField = {"month", 1, 12, kMonths, true};
constexpr Field kWeekdayField = {"day of week", 0, 7, kWeekdays, true};
constexpr Field kYears = {"year", 1970, 2099};

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

Error Fail(const Field& field, std::string_view found) {
  return MakeError(Code::kBadData, "{} of a cron expression: expected {}-{}{}, found \"{}\"",
                   field.name, field.min, field.max, field.names.empty() ? "" : " or a name",
                   found);
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::toupper(x) == std::toupper(y); });
}

Result<int> ReadValue(const Field& field, std::string_view text) {
  for (size_t i = 0; i < field.names.size(); ++i) {
    if (EqualsIgnoringCase(text, field.names[i])) return field.min + static_cast<int>(i);
  }
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < field.min ||
      value > field.max) {
    return Fail(field, text);
  }
  return value;
}

// One item between commas: "*", "?", "5", "5-9", "*/5", "0/5", "5-30/5".
Result<void> ReadItem(const Field& field, std::string_view item,
                      const std::function<void(int)>& add) {
  const auto parts = Split(item, '/');
  int step = 1;
  if (parts.size() > 2) return Fail(field, item);
  if (parts.size() == 2) {
    const Field steps = {.name = field.name, .min = 1, .max = field.max - field.min + 1};
    SLUICE_TRY(step, ReadValue(steps, parts[1]));
  }
  int from = field.min;
  int to = field.max;
  if (parts[0] != "*" && parts[0] != "?") {
    const auto bounds = Split(parts[0], '-');
    if (bounds.size() > 2) return Fail(field, item);
    SLUICE_TRY(from, ReadValue(field, bounds[0]));
    if (bounds.size() == 2) {
      SLUICE_TRY(to, ReadValue(field, bounds[1]));
    } else if (parts.size() == 1) {
      to = from;
    }
  }
  if (from > to && !field.wraps) {
    return MakeError(Code::kBadData, "{} of a cron expression: the range \"{}\" goes backwards",
                     field.name, item);
  }
  const int size = field.max - field.min + 1;
  const int count = from <= to ? to - from : to + size - from;
  for (int i = 0; i <= count; i += step) add(field.min + (from - field.min + i) % size);
  return {};
}

template <size_t N>
Result<std::bitset<N>> ReadField(const Field& field, std::string_view text, int base = 0) {
  std::bitset<N> bits;
  for (const std::string_view item : Split(text, ',')) {
    SLUICE_TRY(
        ReadItem(field, item, [&](int value) { bits.set(static_cast<size_t>(value - base)); }));
  }
  return bits;
}

bool IsAny(std::string_view text) { return text == "*" || text == "?"; }

}  // namespace

Result<Cron> Cron::Parse(std::string_view expression) {
  std::vector<std::string_view> fields;
  for (const std::string_view field : Split(expression, ' ')) {
    if (!field.empty()) fields.push_back(field);
  }
  if (fields.size() != 5 && fields.size() != 6) {
    return MakeError(Code::kBadData,
                     "a cron expression has 5 or 6 fields separated by spaces, found {} in \"{}\"",
                     fields.size(), expression);
  }
  Cron cron;
  SLUICE_TRY(cron.minutes_, ReadField<60>(kMinutes, fields[0]));
  SLUICE_TRY(cron.hours_, ReadField<24>(kHours, fields[1]));
  SLUICE_TRY(cron.months_, ReadField<13>(kMonthField, fields[3]));
  cron.any_day_ = IsAny(fields[2]);
  for (const std::string_view item : Split(fields[2], ',')) {
    if (EqualsIgnoringCase(item, "L")) {
      cron.last_day_ = true;
      continue;
    }
    SLUICE_TRY(
        ReadItem(kDays, item, [&](int value) { cron.days_.set(static_cast<size_t>(value)); }));
  }
  cron.any_weekday_ = IsAny(fields[4]);
  for (const std::string_view item : Split(fields[4], ',')) {
    auto* bits = &cron.weekdays_;
    std::string_view value = item;
    if (item.size() > 1 && (item.back() == 'L' || item.back() == 'l')) {
      bits = &cron.last_weekdays_;
      value.remove_suffix(1);
    }
    SLUICE_TRY(
        ReadItem(kWeekdayField, value, [&](int day) { bits->set(static_cast<size_t>(day % 7)); }));
  }
  SLUICE_TRY(cron.years_, (ReadField<kLastYear - kFirstYear + 1>(
                              kYears, fields.size() == 6 ? fields[5] : "*", kFirstYear)));
  return cron;
}

bool Cron::MatchesDay(year_month_day day) const {
  const auto year = static_cast<int>(day.year());
  if (!years_.test(static_cast<size_t>(year - kFirstYear))) return false;
  if (!months_.test(static_cast<unsigned>(day.month()))) return false;
  const year_month_day last = day.year() / day.month() / std::chrono::last;
  const unsigned number = static_cast<unsigned>(day.day());
  const bool is_last = day == last;
  const bool day_matches = days_.test(number) || (last_day_ && is_last);
  const auto weekday = std::chrono::weekday(sys_days(day)).c_encoding();
  const bool in_last_week = number + 7 > static_cast<unsigned>(last.day());
  const bool weekday_matches =
      weekdays_.test(weekday) || (last_weekdays_.test(weekday) && in_last_week);
  if (any_day_ && any_weekday_) return true;
  if (any_day_) return weekday_matches;
  if (any_weekday_) return day_matches;
  return day_matches || weekday_matches;
}

std::optional<WallTime> Cron::Next(WallTime after) const {
  using std::chrono::minutes;
  auto next = std::chrono::floor<minutes>(after) + minutes(1);
  auto day = std::chrono::floor<days>(next);
  auto from = (next - day).count();  // Minutes of the first day.
  while (true) {
    const year_month_day date(day);
    if (static_cast<int>(date.year()) > kLastYear) return std::nullopt;
    if (static_cast<int>(date.year()) >= kFirstYear && MatchesDay(date)) {
      for (auto minute = from; minute < 24 * 60; ++minute) {
        if (hours_.test(static_cast<size_t>(minute / 60)) &&
            minutes_.test(static_cast<size_t>(minute % 60))) {
          return WallTime(day + minutes(minute));
        }
      }
    }
    day += days(1);
    from = 0;
  }
}

}  // namespace sluice::pipe
