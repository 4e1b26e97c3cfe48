// Date formats: strptime and strftime patterns, compiled once.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/error.h"
#include "functions/dates/time_zone.h"
#include "value/value.h"

namespace sluice::functions {

// A compiled pattern of the tokens of dtl-functions-date-and-time.rst (%d %e %H %I %m %M %p %S %f
// %y %Y %z %%). Immutable; used by any thread.
class DateFormat {
 public:
  // kBadConfig: an unknown token, a lone '%', or %z before the end.
  static Result<DateFormat> Compile(std::string_view pattern);

  // The instant that the whole text names in the zone; nothing if it does not match or no such date
  // exists. Days, months and hours may have one digit; a run of white space matches any run of it.
  std::optional<Instant> Parse(std::string_view text, const TimeZone& zone) const;
  // Text of the instant in the zone, in the arena.
  std::string_view Format(Instant at, const TimeZone& zone, Arena& arena) const;

 private:
  struct Token {
    char kind;         // The letter after '%'; ' ' for white space, '"' for literal text.
    std::string text;  // Of literal text.
  };
  Result<void> ReadTokens(std::string_view pattern);

  std::vector<Token> tokens_;
  size_t text_bytes_max_ = 0;  // Of what Format makes.

  void LayOut();

  // Where two digits are written, and which of those that a date has.
  struct Place {
    size_t at;
    size_t pair;
  };
  // The text with zeros for digits; empty where its size is not always the same.
  std::string layout_;
  std::vector<Place> places_;
};

}  // namespace sluice::functions
