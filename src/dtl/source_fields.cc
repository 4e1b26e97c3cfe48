#include "dtl/source_fields.h"

namespace sluice::dtl {

SourceFields::Place SourceFields::Add(std::string_view property) {
  return {.property = properties_.Add(property)};
}

SourceFields::Place SourceFields::Add(std::string_view property, std::string_view inner) {
  Place place = Add(property);
  for (place.group = 0; place.group < groups_.size(); ++place.group) {
    if (groups_[place.group].property == place.property) break;
  }
  if (place.group == groups_.size()) groups_.push_back({.property = place.property});
  place.inner = groups_[place.group].names.Add(inner);
  return place;
}

void SourceFields::Finish() {
  // One walk over the source costs about as much as looking for this many names; one over a
  // property's names as looking for this many.
  constexpr size_t kWalkPays = 3;
  constexpr size_t kInnerWalkPays = 2;
  properties_.Finish();
  size_ = static_cast<uint32_t>(properties_.size());
  for (Group& group : groups_) {
    group.names.Finish();
    group.pays = group.names.size() >= kInnerWalkPays;
    group.start = size_;
    if (group.pays) size_ += static_cast<uint32_t>(group.names.size()) + 1;
  }
  pays_ = walks_ || properties_.size() >= kWalkPays;
}

void SourceFields::Read(const Value& dict, Arena& arena, Values& values) const {
  values.properties = arena.AllocateArray<Value>(size_);
  for (const Group& group : groups_) {
    if (group.pays) new (values.properties + group.start) Value();
  }
  properties_.Read(dict, values.properties, walks_ ? &values.names : nullptr);
}

bool SourceFields::FindInner(const Place& place, Value* properties, Value& value) const {
  const Group& group = groups_[place.group];
  if (!group.pays) return false;
  Value& mark = properties[group.start];
  if (mark.IsNull()) {
    const Value& property = properties[group.property];
    const bool dict = property.IsDict() && property.form() != Value::Form::kEntity;
    mark = Value::Boolean(dict);
    if (dict) group.names.Read(property, properties + group.start + 1, nullptr);
  }
  if (!mark.IsTrue()) return false;
  value = properties[group.start + 1 + place.inner];
  return true;
}

}  // namespace sluice::dtl
