// Cron expressions in the reference's dialect (cron-expressions.rst), in UTC.

#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace sluice::pipe {

// Five fields and an optional year: minutes, hours, day of month, month, day of week. Of a day of
// month and a day of week that are both restricted, either may match. Days of the week count from
// 0, Sunday (7 is Sunday too), also before `L`: "6L" is the month's last Saturday.
class Cron {
 public:
  // kBadData says which field is wrong, what was expected and what was found.
  static Result<Cron> Parse(std::string_view expression);

  // The first whole minute after `after` that matches; nothing if there is none before 2100.
  std::optional<WallTime> Next(WallTime after) const;

 private:
  static constexpr int kFirstYear = 1970;
  static constexpr int kLastYear = 2099;

  bool MatchesDay(std::chrono::year_month_day day) const;

  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;
  std::bitset<13> months_;
  std::bitset<8> weekdays_;
  std::bitset<8> last_weekdays_;  // "5L": the month's last Friday.
  std::bitset<kLastYear - kFirstYear + 1> years_;
  bool last_day_ = false;  // `L` as day of month.
  bool any_day_ = true;
  bool any_weekday_ = true;
};

}  // namespace sluice::pipe
