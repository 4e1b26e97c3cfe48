// Time zones of the IANA database.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "value/value.h"

namespace sluice::functions {

// A civil time: what a calendar and a clock on the wall show.
struct CivilTime {
  int64_t year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

// Immutable; used by any thread.
class TimeZone {
 public:
  static TimeZone Utc();
  // kBadConfig if the database has no zone of this name.
  static Result<TimeZone> Load(std::string_view name);

  // The instant at which the zone's clocks show this time. In a gap (clocks put forward) the time
  // is read as if they had not been; of a time that comes twice it is the first. Fields out of
  // range carry over.
  int64_t ToSeconds(const CivilTime& time) const;
  CivilTime ToCivil(int64_t seconds) const;
  // Seconds east of UTC at an instant.
  int OffsetAt(int64_t seconds) const;

 private:
  struct Zone;
  explicit TimeZone(std::shared_ptr<const Zone> zone) : zone_(std::move(zone)) {}
  std::shared_ptr<const Zone> zone_;
};

}  // namespace sluice::functions
