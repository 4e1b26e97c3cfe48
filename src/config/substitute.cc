#include "config/substitute.h"

#include <vector>

#include "value/json.h"

namespace sluice::config {
namespace {

class Substitution {
 public:
  Substitution(std::string_view open, const FindMarker& find, Arena& arena)
      : open_(open), find_(find), arena_(arena) {}

  Value Of(const ConfigView& view) {
    const Value& value = view.value();
    if (const auto text = value.AsString()) return OfString(*text, view);
    if (value.IsList()) return OfList(view);
    if (value.IsDict()) return OfDict(view);
    return value;
  }

 private:
  Value OfString(std::string_view text, const ConfigView& view) {
    const size_t first = text.find(open_);
    if (first == std::string_view::npos) return view.value();
    const size_t first_end = text.find(')', first);
    if (first_end == std::string_view::npos) return view.value();
    if (first == 0 && first_end + 1 == text.size()) {
      return find_(NameIn(text, first, first_end), view).value_or(view.value());
    }
    std::string composed;
    size_t at = 0;
    while (at < text.size()) {
      const size_t begin = text.find(open_, at);
      const size_t end = begin == std::string_view::npos ? begin : text.find(')', begin);
      if (end == std::string_view::npos) break;
      composed.append(text.substr(at, begin - at));
      if (const auto value = find_(NameIn(text, begin, end), view)) {
        composed.append(value->AsString() ? std::string(*value->AsString())
                                          : ToJson(*value, {.transit = Transit::kKeep}));
      } else {
        composed.append(text.substr(begin, end + 1 - begin));
      }
      at = end + 1;
    }
    composed.append(text.substr(at));
    return Value::String(arena_.Copy(composed));
  }

  std::string_view NameIn(std::string_view text, size_t begin, size_t end) const {
    return text.substr(begin + open_.size(), end - begin - open_.size());
  }

  Value OfList(const ConfigView& view) {
    std::vector<Value> items;
    items.reserve(view.value().count());
    bool changed = false;
    size_t index = 0;
    for (const Value& item : view.value().items()) {
      items.push_back(OfPart(item, view, std::to_string(index++), changed));
    }
    return changed ? Value::List(arena_.CopyArray<Value>(items)) : view.value();
  }

  Value OfDict(const ConfigView& view) {
    std::vector<Property> properties;
    properties.reserve(view.value().count());
    bool changed = false;
    for (const Property& property : view.value().properties()) {
      properties.push_back({property.name, OfPart(property.value, view, property.name, changed)});
    }
    return changed ? Value::Dict(arena_.CopyArray<Property>(properties)) : view.value();
  }

  // Pointers are made where a string has a marker only: configurations may hold large embedded
  // data.
  Value OfPart(const Value& part, const ConfigView& parent, std::string_view token, bool& changed) {
    if (const auto text = part.AsString();
        text ? text->find(open_) == std::string_view::npos : !part.IsList() && !part.IsDict()) {
      return part;
    }
    const Value made = Of(ConfigView(part, AppendToPointer(parent.pointer(), token)));
    if (!IsSame(made, part)) changed = true;
    return made;
  }

  // The same view of the same memory; not a comparison of contents.
  static bool IsSame(const Value& a, const Value& b) {
    return a.kind() == b.kind() && a.form() == b.form() && a.raw() == b.raw();
  }

  std::string_view open_;
  const FindMarker& find_;
  Arena& arena_;
};

}  // namespace

Value Substitute(const ConfigView& view, std::string_view open, const FindMarker& find,
                 Arena& arena) {
  return Substitution(open, find, arena).Of(view);
}

}  // namespace sluice::config
