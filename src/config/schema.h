// Schema: every documented component type and property, those of older nodes too.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sluice::config {

// The kinds of JSON a property takes, as bits.
enum Accepts : uint8_t {
  kString = 1,
  kInteger = 2,
  kNumber = 4 | 2,
  kBoolean = 8,
  kObject = 16,
  kList = 32,
  kAnything = 63,
};

enum class Presence : uint8_t { kOptional, kRequired, kConditional };
enum class Standing : uint8_t { kCurrent, kDeprecated, kOlder };

// One property of a component. Texts are literals and live for ever.
struct PropertySchema {
  std::string_view name;
  uint8_t accepts = kAnything;
  Presence presence = Presence::kOptional;
  Standing standing = Standing::kCurrent;
  std::string_view default_json = {};  // JSON text; empty if there is none or it is computed.
  std::string_view enum_values = {};   // "a|b|c"; empty if any value will do.
  std::string_view replaced_by = {};   // For deprecated ones.
  int64_t minimum = INT64_MIN;         // Of numbers.
  std::span<const PropertySchema> properties = {};  // Of an object whose properties are known.
  std::span<const PropertySchema> items = {};       // Of a list's items, if they are such objects.
};

enum class Part : uint8_t { kSource, kTransform, kSink, kSystem, kPipe, kPump, kMetadata };

struct TypeSchema {
  Part part;
  std::string_view type;  // "csv", "system:url"; empty for pipe, pump, metadata.
  Standing standing = Standing::kCurrent;
  std::string_view replaced_by = {};
  std::span<const PropertySchema> properties;
  std::span<const PropertySchema> shared = {};  // Of all types of this part.
  // `add_namespaces` of a source, `remove_namespaces` of a sink, where the hub has namespaced
  // identifiers.
  bool namespaces_default = false;
  bool endpoint = false;               // No pump.
  uint32_t batch_size = 0;             // Default of the pipe's `batch_size`; 0: the usual one.
  std::string_view system_types = {};  // "system:url|system:microservice": what `system` may name.
};

std::span<const TypeSchema> AllTypes();
// Nothing where the type is not documented. Of aliases (system:sqlserver) the entry itself.
const TypeSchema* FindType(Part part, std::string_view type);
const PropertySchema* FindProperty(const TypeSchema& type, std::string_view name);

}  // namespace sluice::config
