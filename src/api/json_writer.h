// JsonWriter: the JSON text of answers, written from front to back.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace sluice::api {

// Commas come by themselves. Each method appends; names and values alternate within objects.
class JsonWriter {
 public:
  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }
  JsonWriter& Name(std::string_view name);

  JsonWriter& String(std::string_view text);
  JsonWriter& Strings(const std::vector<std::string>& texts);
  JsonWriter& Integer(int64_t value);
  JsonWriter& Count(uint64_t value);
  JsonWriter& Number(double value);
  JsonWriter& Boolean(bool value) { return Raw(value ? "true" : "false"); }
  JsonWriter& Null() { return Raw("null"); }
  // "2026-11-23T02:03:04.5Z", or null.
  JsonWriter& Time(std::optional<WallTime> at);
  // One value that is JSON text already; "null" stands for an empty text.
  JsonWriter& Raw(std::string_view json);

  const std::string& text() const { return text_; }
  std::string Take() { return std::move(text_); }

 private:
  JsonWriter& Open(char bracket);
  JsonWriter& Close(char bracket);
  void Separate();

  std::string text_;
  bool needs_comma_ = false;
};

// "2026-11-23T02:03:04.5Z", to the nanosecond.
std::string TimeText(WallTime at);

}  // namespace sluice::api
