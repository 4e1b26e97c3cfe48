// Schema: every documented component type and property, those of older nodes too.

#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace sluice::config {

// The kinds of JSON a property takes, as bits.
enum Accepts : uint8_t {
  kString = 1,
  kInteger = 2,
  kNumber = 4 | kInteger,
  kBoolean = 8,
  kObject = 16,
  kList = 32,
  kAnything = 63,
};

enum class Standing : uint8_t { kCurrent, kDeprecated };

// One property of an object. Texts are literals and live for ever.
struct PropertySchema {
  std::string_view name;
  uint8_t accepts = kAnything;
  bool required = false;
  Standing standing = Standing::kCurrent;
  // JSON text; empty if there is none or it is computed.
  std::string_view default_json = {};
  // False where whoever reads the property must see whether it was written (pump retries that a
  // system's `retry_strategy` may override); such a default is documentation.
  bool filled_in = true;
  // "global_defaults.max_merged": where the service metadata says otherwise, that is the default.
  std::string_view inherits = {};
  // "a|b|c" for strings and the items of a list; empty if any will do.
  std::string_view one_of = {};
  // Required where another property is there ("query"), is not ("!query") or has a value
  // ("has_header=false").
  std::string_view required_if = {};
  std::string_view replaced_by = {};
  double minimum = std::numeric_limits<double>::lowest();
  std::span<const PropertySchema> properties = {};  // Of an object whose properties are known.
  std::span<const PropertySchema> each = {};  // Of the objects in a list or, of a map, its values.

  // For the tables.
  constexpr PropertySchema OneOf(std::string_view values) const {
    PropertySchema copy = *this;
    copy.one_of = values;
    return copy;
  }
  constexpr PropertySchema Min(double least) const {
    PropertySchema copy = *this;
    copy.minimum = least;
    return copy;
  }
  constexpr PropertySchema When(std::string_view condition) const {
    PropertySchema copy = *this;
    copy.required_if = condition;
    return copy;
  }
  constexpr PropertySchema From(std::string_view path) const {
    PropertySchema copy = *this;
    copy.inherits = path;
    return copy;
  }
  constexpr PropertySchema Late() const {
    PropertySchema copy = *this;
    copy.filled_in = false;
    return copy;
  }
  constexpr PropertySchema Old(std::string_view replacement = {}) const {
    PropertySchema copy = *this;
    copy.standing = Standing::kDeprecated;
    copy.filled_in = false;
    copy.replaced_by = replacement;
    return copy;
  }
  constexpr PropertySchema With(std::span<const PropertySchema> known) const {
    PropertySchema copy = *this;
    copy.properties = known;
    return copy;
  }
  constexpr PropertySchema Each(std::span<const PropertySchema> known) const {
    PropertySchema copy = *this;
    copy.each = known;
    return copy;
  }
};

constexpr PropertySchema Need(std::string_view name, uint8_t accepts) {
  return {.name = name, .accepts = accepts, .required = true};
}
constexpr PropertySchema May(std::string_view name, uint8_t accepts,
                             std::string_view default_json = {}) {
  return {.name = name, .accepts = accepts, .default_json = default_json};
}

enum class Part : uint8_t { kSource, kTransform, kSink, kSystem, kPipe, kPump, kMetadata };
std::string_view ToString(Part part);

struct TypeSchema {
  std::string_view type;  // "csv", "system:url"; empty of pipe, pump and metadata.
  // Its own, those of the type it extends, those of all types of its part.
  std::array<std::span<const PropertySchema>, 3> properties = {};
  // `system` may name systems of these types, "system:url|system:microservice"; empty: of any or
  // none.
  std::string_view systems = {};
  // Of a source `add_namespaces`, of a sink `remove_namespaces`, where identifiers are namespaced.
  bool namespaces = false;
  bool endpoint = false;        // Has no pump.
  bool reads_datasets = false;  // A source that reads datasets of the hub.
  uint32_t batch_size =
      0;  // The default of the pipe's `batch_size`, where it is another than usual.
  Standing standing = Standing::kCurrent;

  const PropertySchema* Find(std::string_view name) const;
};

std::span<const TypeSchema> TypesOf(Part part);
// Nothing where the type is not documented. Of pipe, pump and metadata the type is empty.
const TypeSchema* FindType(Part part, std::string_view type = {});

// Whether "a|b|c" holds a value.
bool ListHolds(std::string_view list, std::string_view value);

}  // namespace sluice::config
