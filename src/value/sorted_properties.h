// The properties of a dict by ascending name. For the files of value/ only.

#pragma once

#include <vector>

#include "value/value.h"

namespace sluice {

class SortedProperties {
 public:
  explicit SortedProperties(const Value& dict);

  size_t size() const { return properties_.size(); }
  const Property& operator[](size_t index) const { return properties_[index]; }
  auto begin() const { return properties_.begin(); }
  auto end() const { return properties_.end(); }

 private:
  std::vector<Property> properties_;
};

}  // namespace sluice
