#include "connectors/options.h"

namespace sluice::config {

Result<connectors::StringMap> OptionReader<connectors::StringMap>::Read(const ConfigView& value) {
  if (!value.value().IsDict()) {
    return value.Fail("expected an object of strings, found {}", value.Describe());
  }
  connectors::StringMap map;
  for (const Property& property : value.value().properties()) {
    SLUICE_TRY(auto text, value[property.name].String());
    map.items.emplace_back(property.name, text);
  }
  return map;
}

}  // namespace sluice::config
