#include "config/resolve.h"

#include "base/limits.h"
#include "config/object_edit.h"
#include "value/json.h"

namespace sluice::config {
namespace {

constexpr std::string_view kBlock = "$conditional_properties";
constexpr size_t kConditionalDepthMax = 32;  // A conditional in a conditional; deeper is a mistake.

// Whether a place of a component is one where conditions are no conditions but rules or data.
bool IsDataAt(std::string_view effective, std::string_view name) {
  if (effective.empty()) return name == "transform";
  return name == "entities";
}

// Conditions that are no strings (a variable may be true or 3) choose by their JSON.
std::string KeyOf(const Value& condition) {
  if (const auto text = condition.AsString()) return std::string(*text);
  return ToJson(condition, {.transit = Transit::kKeep});
}

bool IsUnresolved(std::string_view condition) {
  return condition.find("$ENV(") != std::string_view::npos;
}

}  // namespace

std::string QuotedNames(const std::vector<std::string_view>& names) {
  constexpr size_t kShownMax = 10;
  std::string text;
  for (size_t i = 0; i < names.size() && i < kShownMax; ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += fmt::format("\"{}\"", names[i]);
  }
  if (names.size() > kShownMax) text += fmt::format(" and {} more", names.size() - kShownMax);
  return text;
}

std::string Suggestion(std::string_view name, std::span<const std::string_view> candidates) {
  const std::string_view nearest = Nearest(name, candidates);
  return nearest.empty() ? std::string() : fmt::format("Did you mean \"{}\"?", nearest);
}

Value Resolver::ConditionalProperties(const Value& root) { return Properties({root, "", ""}, 0); }

Value Resolver::Properties(const Placed& place, size_t depth) {
  if (depth > limits::kDepthMax) return place.value;
  if (place.value.IsList()) {
    std::vector<Value> items;
    size_t index = 0;
    for (const Value& item : place.value.items()) {
      const std::string token = std::to_string(index++);
      items.push_back(Properties(
          {item, AppendToPointer(place.effective, token), AppendToPointer(place.original, token)},
          depth + 1));
    }
    return Value::List(arena_.CopyArray<Value>(items));
  }
  if (!place.value.IsDict()) return place.value;

  ObjectEdit object;
  for (const Property& property : place.value.properties()) {
    if (property.name == kBlock) continue;
    const bool is_data = IsDataAt(place.effective, property.name);
    object.Set(property.name, is_data ? property.value
                                      : Properties({property.value,
                                                    AppendToPointer(place.effective, property.name),
                                                    AppendToPointer(place.original, property.name)},
                                                   depth + 1));
  }
  const Value block = place.value.Find(kBlock);
  if (block.IsNull()) return object.Build(arena_);

  const Value chosen = Chosen(place, block, depth);
  if (!chosen.IsDict()) {
    object.Set(kBlock, block);
    return object.Build(arena_);
  }
  for (const Property& property : chosen.properties()) {
    if (place.effective.empty() && (property.name == "_id" || property.name == "type")) {
      issues_.Add({Level::kError,
                   AppendToPointer(place.original, kBlock),
                   fmt::format("\"{}\" cannot be set by a condition", property.name),
                   {}});
      continue;
    }
    object.Set(property.name, property.value);
  }
  return object.Build(arena_);
}

// The properties that a block gives to the object around it, resolved themselves.
Value Resolver::Chosen(const Placed& place, const Value& block, size_t depth) {
  const std::string original = AppendToPointer(place.original, kBlock);
  auto alternative = Alternative(block, place.effective, original);
  if (!alternative) return Value::Null();
  for (const Property& property : alternative->value.properties()) {
    moved_.push_back({AppendToPointer(place.effective, property.name),
                      AppendToPointer(alternative->original, property.name)});
  }
  return Properties(*alternative, depth + 1);
}

std::optional<Placed> Resolver::Alternative(const Value& conditional, const std::string& effective,
                                            const std::string& original) {
  const ConfigView view(conditional, original);
  const ConfigView condition = view["condition"];
  const ConfigView alternatives = view["alternatives"];
  if (!condition.exists()) {
    issues_.AddError(condition.Fail("\"condition\" is required"));
    return std::nullopt;
  }
  if (!alternatives.value().IsDict()) {
    issues_.AddError(
        alternatives.Fail("expected an object of alternatives, found {}", alternatives.Describe()));
    return std::nullopt;
  }
  const std::string key = KeyOf(condition.value());
  const ConfigView chosen = alternatives[key];
  if (chosen.exists() && (chosen.value().IsDict() || chosen.value().IsList())) {
    return Placed{chosen.value(), effective, chosen.pointer()};
  }
  if (chosen.exists()) {
    issues_.AddError(chosen.Fail("expected an object, found {}", chosen.Describe()));
  } else if (!IsUnresolved(key)) {
    std::vector<std::string_view> names;
    for (const Property& property : alternatives.value().properties()) {
      names.push_back(property.name);
    }
    issues_.Add({Level::kError, condition.pointer(),
                 names.empty() ? fmt::format("there is no alternative \"{}\", there are none", key)
                               : fmt::format("there is no alternative \"{}\", there are {}", key,
                                             QuotedNames(names)),
                 Suggestion(key, names)});
  }
  return std::nullopt;
}

Placed Resolver::Conditional(Placed component) {
  for (size_t depth = 0; component.value.Find("type").AsString() == "conditional"; ++depth) {
    if (depth == kConditionalDepthMax) {
      issues_.Add({Level::kError,
                   component.original,
                   fmt::format("conditionals are nested deeper than {}", kConditionalDepthMax),
                   {}});
      return component;
    }
    auto alternative = Alternative(component.value, component.effective, component.original);
    if (!alternative) return component;
    component = std::move(*alternative);
    moved_.push_back({component.effective, component.original});
  }
  return component;
}

}  // namespace sluice::config
