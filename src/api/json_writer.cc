#include "api/json_writer.h"

#include <fmt/format.h>

#include <iterator>

#include "value/instant.h"
#include "value/json.h"
#include "value/number.h"

namespace sluice::api {

std::string TimeText(WallTime at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  return DatetimeText({.seconds = seconds.time_since_epoch().count(),
                       .nanoseconds = static_cast<uint32_t>((at - seconds).count())});
}

void JsonWriter::Separate() {
  if (needs_comma_) text_ += ", ";
  needs_comma_ = true;
}

JsonWriter& JsonWriter::Open(char bracket) {
  Separate();
  text_ += bracket;
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::Close(char bracket) {
  text_ += bracket;
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::Name(std::string_view name) {
  Separate();
  WriteJsonString(name, text_);
  text_ += ": ";
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view text) {
  Separate();
  WriteJsonString(text, text_);
  return *this;
}

JsonWriter& JsonWriter::Strings(const std::vector<std::string>& texts) {
  BeginArray();
  for (const std::string& text : texts) String(text);
  return EndArray();
}

JsonWriter& JsonWriter::Integer(int64_t value) {
  Separate();
  fmt::format_to(std::back_inserter(text_), "{}", value);
  return *this;
}

JsonWriter& JsonWriter::Count(uint64_t value) {
  Separate();
  fmt::format_to(std::back_inserter(text_), "{}", value);
  return *this;
}

JsonWriter& JsonWriter::Number(double value) {
  Separate();
  WriteJson(Value::Float(value), text_);
  return *this;
}

JsonWriter& JsonWriter::Time(std::optional<WallTime> at) {
  if (!at) return Null();
  return String(TimeText(*at));
}

JsonWriter& JsonWriter::Raw(std::string_view json) {
  Separate();
  text_ += json.empty() ? std::string_view("null") : json;
  return *this;
}

}  // namespace sluice::api
