// DictBuilder: collects properties and makes a dict of them in an arena.

#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arena.h"
#include "value/value.h"

namespace sluice::pipe {

// Of two properties with one name the last wins, at the place of the first. Names and values are
// not copied: they must outlive the dict.
class DictBuilder {
 public:
  explicit DictBuilder(Arena& arena) : arena_(&arena) {}

  DictBuilder& Set(std::string_view name, Value value) {
    if (Property* found = Find(name)) {
      found->value = value;
      return *this;
    }
    properties_.push_back({name, value});
    if (!index_.empty() || properties_.size() > kLinearMax) Index();
    return *this;
  }
  // Copies the text into the arena.
  DictBuilder& SetText(std::string_view name, std::string_view text) {
    return Set(name, Value::String(arena_->Copy(text)));
  }
  DictBuilder& SetInteger(std::string_view name, uint64_t number) {
    return Set(name, Value::Integer(static_cast<int64_t>(number)));
  }
  Value Make() const {
    return Value::Dict(arena_->CopyArray(std::span<const Property>(properties_)));
  }

 private:
  static constexpr size_t kLinearMax = 24;  // Up to here a walk is faster than hashing.

  Property* Find(std::string_view name) {
    if (!index_.empty()) {
      const auto found = index_.find(name);
      return found == index_.end() ? nullptr : &properties_[found->second];
    }
    for (Property& property : properties_) {
      if (property.name == name) return &property;
    }
    return nullptr;
  }
  void Index() {
    for (size_t i = index_.size(); i < properties_.size(); ++i) index_[properties_[i].name] = i;
  }

  Arena* arena_;
  std::vector<Property> properties_;
  std::unordered_map<std::string_view, size_t> index_;
};

}  // namespace sluice::pipe
