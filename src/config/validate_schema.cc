// What the schema says about one component.

#include <cmath>

#include "config/resolve.h"
#include "config/schema.h"
#include "config/validate.h"
#include "value/json.h"
#include "value/number.h"

namespace sluice::config {
namespace {

std::string Article(std::string_view name) {
  const bool vowel =
      !name.empty() && std::string_view("aeiou").find(name[0]) != std::string_view::npos;
  return fmt::format("{} {}", vowel ? "an" : "a", name);
}

// "a string or a list".
std::string ExpectedKinds(uint8_t accepts) {
  std::vector<std::string_view> kinds;
  if ((accepts & kString) != 0) kinds.push_back("a string");
  if ((accepts & kNumber) == kNumber) {
    kinds.push_back("a number");
  } else if ((accepts & kInteger) != 0) {
    kinds.push_back("an integer");
  }
  if ((accepts & kBoolean) != 0) kinds.push_back("true or false");
  if ((accepts & kObject) != 0) kinds.push_back("an object");
  if ((accepts & kList) != 0) kinds.push_back("a list");
  std::string text;
  for (size_t i = 0; i < kinds.size(); ++i) {
    if (i > 0) text += i + 1 == kinds.size() ? " or " : ", ";
    text += kinds[i];
  }
  return text;
}

bool Takes(uint8_t accepts, const Value& value) {
  switch (value.kind()) {
    case Kind::kBoolean:
      return (accepts & kBoolean) != 0;
    case Kind::kInteger:
      return (accepts & kInteger) != 0;
    case Kind::kFloat:
    case Kind::kDecimal:
      // 30.0 is an integer to whoever wrote it.
      return (accepts & kNumber) == kNumber ||
             ((accepts & kInteger) != 0 && ConfigView(value).Integer().ok());
    case Kind::kDict:
      return (accepts & kObject) != 0;
    case Kind::kList:
      return (accepts & kList) != 0;
    default:
      return (accepts & kString) != 0;
  }
}

// A text whose variable is missing, or that holds a secret, says nothing about its value yet.
bool IsOpen(const Value& value) {
  const auto text = value.AsString();
  return text && (text->find("$SECRET(") != std::string_view::npos ||
                  text->find("$ENV(") != std::string_view::npos);
}

std::string Alternatives(std::string_view one_of) {
  std::string text;
  while (!one_of.empty()) {
    const size_t bar = std::min(one_of.find('|'), one_of.size());
    const bool last = bar == one_of.size();
    if (!text.empty()) text += last ? " or " : ", ";
    text += fmt::format("\"{}\"", one_of.substr(0, bar));
    one_of.remove_prefix(std::min(bar + 1, one_of.size()));
  }
  return text;
}

std::vector<std::string_view> Split(std::string_view list) {
  std::vector<std::string_view> parts;
  while (!list.empty()) {
    const size_t bar = std::min(list.find('|'), list.size());
    parts.push_back(list.substr(0, bar));
    list.remove_prefix(std::min(bar + 1, list.size()));
  }
  return parts;
}

class SchemaCheck {
 public:
  explicit SchemaCheck(Issues& issues) : issues_(issues) {}

  using Tables = std::span<const std::span<const PropertySchema>>;

  // `what` names the object in messages: "csv source".
  void Object(const ConfigView& object, Tables tables, std::string_view what) {
    for (const Property& property : object.value().properties()) {
      // A condition that could not be resolved has its own issue.
      if (property.name == "$conditional_properties") continue;
      const PropertySchema* schema = Find(tables, property.name);
      if (schema == nullptr) {
        Unknown(object[property.name], property.name, tables, what);
      } else {
        CheckProperty(object[property.name], *schema);
      }
    }
    for (const auto& table : tables) {
      for (const PropertySchema& property : table) CheckPresence(object, property, what);
    }
  }

  // A source, transform, sink or system by its type.
  void Component(const ConfigView& component, Part part) {
    const std::string_view name = ToString(part);
    if (!component.value().IsDict()) {
      issues_.AddError(component.Fail("expected {}, which is an object, found {}", Article(name),
                                      component.Describe()));
      return;
    }
    const ConfigView type = component["type"];
    const auto text = type.value().AsString();
    if (!text) {
      issues_.AddError(type.exists() ? type.Fail("expected a string, found {}", type.Describe())
                                     : type.Fail("\"type\" is required in {}", Article(name)));
      return;
    }
    const TypeSchema* schema = FindType(part, *text);
    if (schema == nullptr) return UnknownType(type, *text, part);
    if (schema->standing == Standing::kDeprecated) {
      issues_.Warn(type.pointer(), fmt::format("the {} {} is deprecated", *text, name));
    }
    Object(component, schema->properties,
           part == Part::kSystem ? std::string(*text) : fmt::format("{} {}", *text, name));
  }

 private:
  static const PropertySchema* Find(Tables tables, std::string_view name) {
    for (const auto& table : tables) {
      for (const PropertySchema& property : table) {
        if (property.name == name) return &property;
      }
    }
    return nullptr;
  }

  void Unknown(const ConfigView& view, std::string_view name, Tables tables,
               std::string_view what) {
    std::vector<std::string_view> names;
    for (const auto& table : tables) {
      for (const PropertySchema& property : table) names.push_back(property.name);
    }
    issues_.Add({Level::kWarning, view.pointer(),
                 fmt::format("\"{}\" is no known property of {}", name, Article(what)),
                 Suggestion(name, names)});
  }

  void UnknownType(const ConfigView& type, std::string_view text, Part part) {
    if (IsOpen(type.value()) || text == "conditional") return;
    std::vector<std::string_view> names;
    for (const TypeSchema& known : TypesOf(part)) names.push_back(known.type);
    issues_.Add({Level::kError, type.pointer(),
                 fmt::format("there is no {} type \"{}\"", ToString(part), text),
                 Suggestion(text, names)});
  }

  void CheckProperty(const ConfigView& view, const PropertySchema& schema) {
    if (schema.standing == Standing::kDeprecated) {
      issues_.Add({Level::kWarning, view.pointer(),
                   fmt::format("\"{}\" is deprecated", schema.name),
                   schema.replaced_by.empty() ? std::string()
                                              : fmt::format("Use \"{}\".", schema.replaced_by)});
    }
    if (view.value().IsNull() || IsOpen(view.value())) return;
    if (!Takes(schema.accepts, view.value())) {
      issues_.AddError(
          view.Fail("expected {}, found {}", ExpectedKinds(schema.accepts), view.Describe()));
      return;
    }
    if (!schema.one_of.empty()) CheckOneOf(view, schema.one_of);
    if (view.value().IsNumber() && ToDouble(view.value()) < schema.minimum) {
      issues_.AddError(
          view.Fail("expected at least {}, found {}", schema.minimum, view.Describe()));
    }
    CheckInside(view, schema);
  }

  void CheckInside(const ConfigView& view, const PropertySchema& schema) {
    if (!schema.properties.empty() && view.value().IsDict()) {
      Object(view, {&schema.properties, 1}, schema.name);
    }
    if (schema.each.empty()) return;
    if (view.value().IsDict()) {
      for (const Property& entry : view.value().properties()) Entry(view[entry.name], schema);
    }
    for (size_t i = 0; view.value().IsList() && i < view.value().count(); ++i) {
      Entry(view[i], schema);
    }
  }

  void Entry(const ConfigView& view, const PropertySchema& schema) {
    if (IsOpen(view.value())) return;
    if (!view.value().IsDict()) {
      issues_.AddError(view.Fail("expected an object, found {}", view.Describe()));
      return;
    }
    Object(view, {&schema.each, 1}, fmt::format("entry of \"{}\"", schema.name));
  }

  void CheckOneOf(const ConfigView& view, std::string_view one_of) {
    if (view.value().IsList()) {
      for (size_t i = 0; i < view.value().count(); ++i) CheckOneOf(view[i], one_of);
      return;
    }
    if (view.value().IsDict() || view.value().kind() == Kind::kBoolean || IsOpen(view.value())) {
      return;
    }
    const auto text = view.value().AsString();
    const std::string shown = text ? std::string(*text) : ToJson(view.value());
    if (ListHolds(one_of, shown)) return;
    Issue issue{Level::kError,
                view.pointer(),
                fmt::format("expected {}, found {}", Alternatives(one_of), view.Describe()),
                {}};
    if (text) issue.suggestion = Suggestion(shown, Split(one_of));
    issues_.Add(std::move(issue));
  }

  void CheckPresence(const ConfigView& object, const PropertySchema& schema,
                     std::string_view what) {
    const bool conditional = !schema.required_if.empty() && Holds(object, schema.required_if);
    if (!schema.required && !conditional) return;
    if (!object[schema.name].value().IsNull()) return;
    issues_.AddError(
        object[schema.name].Fail("\"{}\" is required in {}{}", schema.name, Article(what),
                                 conditional ? Reason(schema.required_if) : std::string()));
  }

  // PropertySchema::required_if.
  static bool Holds(const ConfigView& object, std::string_view condition) {
    if (condition.starts_with('!')) return object[condition.substr(1)].value().IsNull();
    const size_t equals = condition.find('=');
    const Value value = object[condition.substr(0, equals)].value();
    if (equals == std::string_view::npos) return !value.IsNull();
    const auto text = value.AsString();
    return (text ? std::string(*text) : ToJson(value)) == condition.substr(equals + 1);
  }

  static std::string Reason(std::string_view condition) {
    if (condition.starts_with('!')) return fmt::format(" without \"{}\"", condition.substr(1));
    const size_t equals = condition.find('=');
    if (equals == std::string_view::npos) return fmt::format(" with \"{}\"", condition);
    return fmt::format(" where \"{}\" is {}", condition.substr(0, equals),
                       condition.substr(equals + 1));
  }

  Issues& issues_;
};

}  // namespace

void ValidateSchema(const ConfigView& effective, ComponentKind kind, Issues& issues) {
  SchemaCheck check(issues);
  switch (kind) {
    case ComponentKind::kSystem:
      return check.Component(effective, Part::kSystem);
    case ComponentKind::kMetadata:
      return check.Object(effective, FindType(Part::kMetadata)->properties, "service metadata");
    case ComponentKind::kUnknown:
      return;
    case ComponentKind::kPipe:
      break;
  }
  check.Object(effective, FindType(Part::kPipe)->properties, "pipe");
  if (const auto source = effective["source"]; source.value().IsDict()) {
    check.Component(source, Part::kSource);
  }
  if (const auto sink = effective["sink"]; sink.value().IsDict()) {
    check.Component(sink, Part::kSink);
  }
  for (size_t i = 0; i < effective["transform"].value().count(); ++i) {
    check.Component(effective["transform"][i], Part::kTransform);
  }
  if (const auto pump = effective["pump"]; pump.value().IsDict()) {
    check.Object(pump, FindType(Part::kPump)->properties, "pump");
  }
}

}  // namespace sluice::config
