#include "config/schema.h"

#include "config/schema_tables.h"

namespace sluice::config {

std::string_view ToString(Part part) {
  switch (part) {
    case Part::kSource:
      return "source";
    case Part::kTransform:
      return "transform";
    case Part::kSink:
      return "sink";
    case Part::kSystem:
      return "system";
    case Part::kPipe:
      return "pipe";
    case Part::kPump:
      return "pump";
    case Part::kMetadata:
      return "metadata";
  }
  return {};
}

const PropertySchema* TypeSchema::Find(std::string_view name) const {
  for (const auto& table : properties) {
    for (const PropertySchema& property : table) {
      if (property.name == name) return &property;
    }
  }
  return nullptr;
}

std::span<const TypeSchema> TypesOf(Part part) {
  switch (part) {
    case Part::kSource:
      return SourceTypes();
    case Part::kTransform:
      return TransformTypes();
    case Part::kSink:
      return SinkTypes();
    case Part::kSystem:
      return SystemTypes();
    case Part::kPipe:
      return PipeType();
    case Part::kPump:
      return PumpType();
    case Part::kMetadata:
      return MetadataType();
  }
  return {};
}

const TypeSchema* FindType(Part part, std::string_view type) {
  for (const TypeSchema& schema : TypesOf(part)) {
    if (schema.type == type) return &schema;
  }
  return nullptr;
}

bool ListHolds(std::string_view list, std::string_view value) {
  while (!list.empty()) {
    const size_t bar = list.find('|');
    if (list.substr(0, bar) == value) return true;
    if (bar == std::string_view::npos) return false;
    list.remove_prefix(bar + 1);
  }
  return false;
}

}  // namespace sluice::config
