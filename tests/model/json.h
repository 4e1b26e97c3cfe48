// A small JSON value of the model test's own: it shares nothing with value/.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sluice::model {

struct Json {
  enum class Kind { kNull, kBoolean, kInteger, kText, kList, kDict };

  Kind kind = Kind::kNull;
  bool boolean = false;
  int64_t integer = 0;
  std::string text;
  std::vector<Json> list;
  std::map<std::string, Json> dict;

  static Json Boolean(bool value) { return {.kind = Kind::kBoolean, .boolean = value}; }
  static Json Integer(int64_t value) { return {.kind = Kind::kInteger, .integer = value}; }
  static Json Text(std::string value) { return {.kind = Kind::kText, .text = std::move(value)}; }
  static Json List(std::vector<Json> items) {
    return {.kind = Kind::kList, .list = std::move(items)};
  }
  static Json Dict(std::map<std::string, Json> properties) {
    return {.kind = Kind::kDict, .dict = std::move(properties)};
  }

  bool IsNull() const { return kind == Kind::kNull; }
  bool operator==(const Json& other) const = default;
  // Names ascending.
  std::string Write() const;
};

std::string Quoted(const std::string& text);
// A property; null where it is missing.
Json Get(const Json& value, const std::string& name);
// The items of a list; another value alone.
std::vector<Json> Values(const Json& value);

}  // namespace sluice::model
