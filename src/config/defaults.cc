#include "config/defaults.h"

#include <charconv>
#include <vector>

#include "base/check.h"
#include "config/object_edit.h"

namespace sluice::config {
namespace {

// Most defaults, of which a configuration of thousands of pipes has hundreds of thousands. They
// live as literals.
std::optional<Value> SimpleDefault(std::string_view json) {
  if (json == "true" || json == "false") return Value::Boolean(json == "true");
  if (json.size() >= 2 && json.front() == '"' && json.find('\\') == std::string_view::npos) {
    return Value::String(json.substr(1, json.size() - 2));
  }
  int64_t number = 0;
  const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), number);
  if (error == std::errc() && end == json.data() + json.size()) return Value::Integer(number);
  return std::nullopt;
}

}  // namespace

Value Defaults::Fill(const ConfigView& object, const TypeSchema& type) {
  return FillAll(object, type.properties);
}

Value Defaults::Fill(const ConfigView& object, std::span<const PropertySchema> properties) {
  return FillAll(object, {&properties, 1});
}

Value Defaults::DefaultOf(const PropertySchema& property) {
  if (!property.filled_in) return Value::Null();
  if (!property.inherits.empty()) {
    const Value inherited = inherited_(property.inherits);
    if (!inherited.IsNull()) return inherited;
  }
  const std::string_view json = property.default_json;
  if (json.empty()) return Value::Null();
  if (const auto simple = SimpleDefault(json)) return *simple;
  auto parsed = parser().Parse(json, arena_);
  SLUICE_CHECK(parsed.ok());  // The tables are ours.
  return *parsed;
}

JsonParser& Defaults::parser() {
  if (!parser_) parser_.emplace(JsonReadOptions{.transit = Transit::kKeep});
  return *parser_;
}

Value Defaults::FillAll(const ConfigView& object,
                        std::span<const std::span<const PropertySchema>> tables) {
  if (!object.value().IsDict()) return object.value();
  ObjectEdit edit(object.value());
  for (const auto& table : tables) {
    for (const PropertySchema& property : table) {
      if (edit.Has(property.name)) {
        edit.Set(property.name, FillProperty(object[property.name], property));
        continue;
      }
      const Value value = DefaultOf(property);
      if (!value.IsNull()) edit.Set(property.name, value);
    }
  }
  return edit.Build(arena_);
}

Value Defaults::FillProperty(const ConfigView& view, const PropertySchema& property) {
  if (view.value().IsDict() && !property.properties.empty()) return Fill(view, property.properties);
  if (view.value().IsDict() && !property.each.empty()) {
    ObjectEdit edit;
    for (const Property& entry : view.value().properties()) {
      edit.Set(entry.name, Fill(view[entry.name], property.each));
    }
    return edit.Build(arena_);
  }
  if (view.value().IsList() && !property.each.empty()) {
    std::vector<Value> items;
    for (size_t i = 0; i < view.value().count(); ++i) {
      items.push_back(Fill(view[i], property.each));
    }
    return Value::List(arena_.CopyArray<Value>(items));
  }
  return Convert(view, property);
}

Value Defaults::Convert(const ConfigView& view, const PropertySchema& property) {
  const auto text = view.value().AsString();
  if (!text || (property.accepts & kString) != 0) return view.value();
  const auto parsed = parser().Parse(*text, arena_);
  if (!parsed.ok()) return view.value();
  const bool fits = (parsed->kind() == Kind::kInteger && (property.accepts & kInteger) != 0) ||
                    (parsed->IsNumber() && (property.accepts & kNumber) == kNumber) ||
                    (parsed->kind() == Kind::kBoolean && (property.accepts & kBoolean) != 0);
  if (!fits) return view.value();
  converted_(view, *parsed);
  return *parsed;
}

}  // namespace sluice::config
