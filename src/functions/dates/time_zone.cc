#include "functions/dates/time_zone.h"

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

#include <chrono>

namespace sluice::functions {
namespace {

using Seconds = cctz::time_point<cctz::seconds>;

Seconds PointOf(int64_t seconds) { return Seconds(cctz::seconds(seconds)); }

CivilTime UtcCivil(int64_t seconds) {
  namespace chrono = std::chrono;
  const chrono::sys_seconds time{chrono::seconds(seconds)};
  const auto midnight = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date{midnight};
  const auto of_day = static_cast<int>((time - chrono::sys_seconds(midnight)).count());
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          of_day / 3600,
          of_day / 60 % 60,
          of_day % 60};
}

}  // namespace

struct TimeZone::Zone {
  cctz::time_zone zone;
  bool utc = false;  // Known without a look at the database.
};

TimeZone TimeZone::Utc() {
  static const auto zone = std::make_shared<const Zone>(Zone{cctz::utc_time_zone(), true});
  return TimeZone(zone);
}

Result<TimeZone> TimeZone::Load(std::string_view name) {
  cctz::time_zone zone;
  // cctz reads names that begin with '/' or "file:" as paths, which no rule may choose.
  const bool is_path = name.empty() || name.front() == '/' ||
                       name.find(':') != std::string_view::npos ||
                       name.find("..") != std::string_view::npos;
  if (is_path || !cctz::load_time_zone(std::string(name), &zone)) {
    return MakeError(Code::kBadConfig,
                     "expected the name of a time zone (\"Europe/Oslo\"), found \"{}\"", name);
  }
  return TimeZone(std::make_shared<const Zone>(Zone{zone}));
}

int64_t TimeZone::ToSeconds(const CivilTime& time) const {
  const cctz::civil_second civil(time.year, time.month, time.day, time.hour, time.minute,
                                 time.second);
  return zone_->zone.lookup(civil).pre.time_since_epoch().count();
}

CivilTime TimeZone::ToCivil(int64_t seconds) const {
  if (zone_->utc) return UtcCivil(seconds);
  const auto civil = zone_->zone.lookup(PointOf(seconds)).cs;
  return {civil.year(), civil.month(), civil.day(), civil.hour(), civil.minute(), civil.second()};
}

int TimeZone::OffsetAt(int64_t seconds) const {
  if (zone_->utc) return 0;
  return zone_->zone.lookup(PointOf(seconds)).offset;
}

}  // namespace sluice::functions
