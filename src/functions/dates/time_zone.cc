#include "functions/dates/time_zone.h"

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

#include <chrono>

namespace sluice::functions {
namespace {

using Seconds = cctz::time_point<cctz::seconds>;

Seconds PointOf(int64_t seconds) { return Seconds(cctz::seconds(seconds)); }

}  // namespace

struct TimeZone::Zone {
  cctz::time_zone zone;
};

TimeZone TimeZone::Utc() {
  return TimeZone(std::make_shared<const Zone>(Zone{cctz::utc_time_zone()}));
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
  const auto civil = zone_->zone.lookup(PointOf(seconds)).cs;
  return {civil.year(), civil.month(), civil.day(), civil.hour(), civil.minute(), civil.second()};
}

int TimeZone::OffsetAt(int64_t seconds) const {
  return zone_->zone.lookup(PointOf(seconds)).offset;
}

}  // namespace sluice::functions
