// Defaults: fills what the schema knows into objects of a configuration.

#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "config/schema.h"
#include "config/view.h"
#include "value/json.h"

namespace sluice::config {

// Fills defaults into objects. Properties that are there stay, except null, which counts as
// missing, and texts of numbers and booleans where the schema takes no string: variables are often
// strings.
class Defaults {
 public:
  // `inherited` gives the service metadata's value for a path ("global_defaults.max_merged"), or
  // null. `converted` is told of each text that became another value.
  Defaults(Arena& arena, std::function<Value(std::string_view path)> inherited,
           std::function<void(const ConfigView& at, const Value& made)> converted)
      : arena_(arena), inherited_(std::move(inherited)), converted_(std::move(converted)) {}

  // An object of a type. What is no object comes back as it is.
  Value Fill(const ConfigView& object, const TypeSchema& type);
  Value Fill(const ConfigView& object, std::span<const PropertySchema> properties);
  // A property's default; null if there is none that is filled in.
  Value DefaultOf(const PropertySchema& property);

 private:
  Value FillAll(const ConfigView& object, std::span<const std::span<const PropertySchema>> tables);
  Value FillProperty(const ConfigView& view, const PropertySchema& property);
  JsonParser& parser();
  Value Convert(const ConfigView& view, const PropertySchema& property);

  Arena& arena_;
  std::function<Value(std::string_view)> inherited_;
  std::function<void(const ConfigView&, const Value&)> converted_;
  std::optional<JsonParser> parser_;  // Made when it is first needed.
};

}  // namespace sluice::config
