#include "functions/json/json_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "functions/strings/characters.h"
#include "value/json.h"
#include "value/number.h"

namespace sluice::functions {
namespace {

void AppendEscaped(char32_t c, std::string& out) {
  if (c >= 0x10000) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}\\u{:04x}", 0xD800 + ((c - 0x10000) >> 10),
                   0xDC00 + ((c - 0x10000) & 0x3FF));
  } else {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<uint32_t>(c));
  }
}

void AppendString(std::string_view text, std::string& out) {
  out += '"';
  for (; !text.empty(); text.remove_prefix(CharacterBytes(text.front()))) {
    const char32_t c = CodePoint(FirstCharacter(text));
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (c >= 0x20 && c < 0x80) {
          out += static_cast<char>(c);
        } else {
          AppendEscaped(c, out);
        }
    }
  }
  out += '"';
}

void AppendList(const Value& list, JsonForm form, std::string& out) {
  const Value items =
      list.kind() == Kind::kTuple ? Value::List({list.built_items(), list.count()}) : list;
  out += '[';
  bool first = true;
  for (const Value& item : items.items()) {
    if (!first) out += ", ";
    first = false;
    AppendJson(item, form, out);
  }
  out += ']';
}

void AppendDict(const Value& dict, JsonForm form, std::string& out) {
  std::vector<Property> properties;
  properties.reserve(dict.count());
  for (const Property& property : dict.properties()) properties.push_back(property);
  std::sort(properties.begin(), properties.end(),
            [](const Property& a, const Property& b) { return a.name < b.name; });
  out += '{';
  bool first = true;
  for (const Property& property : properties) {
    if (!first) out += ", ";
    first = false;
    AppendString(property.name, out);
    out += ": ";
    AppendJson(property.value, form, out);
  }
  out += '}';
}

void AppendTyped(const Value& value, JsonForm form, std::string& out) {
  if (form == JsonForm::kTransit) return AppendString(TransitText(value), out);
  if (value.kind() == Kind::kDecimal) {
    out += value.text();
    return;
  }
  AppendString(BareText(value), out);
}

}  // namespace

std::string BareText(const Value& value) {
  // A transit text starts with a tilde and the type's letter.
  const auto transit = TransitText(value);
  return transit.size() < 2 ? std::string() : transit.substr(2);
}

void AppendJson(const Value& value, JsonForm form, std::string& out) {
  switch (value.kind()) {
    case Kind::kNull:
      out += "null";
      return;
    case Kind::kBoolean:
      out += *value.AsBoolean() ? "true" : "false";
      return;
    case Kind::kInteger:
      if (value.IsBigInteger()) {
        out += value.text();
      } else {
        fmt::format_to(std::back_inserter(out), "{}", *value.AsInteger());
      }
      return;
    case Kind::kFloat:
      out += std::isfinite(*value.AsFloat()) ? FloatText(*value.AsFloat()) : "null";
      return;
    case Kind::kString:
      return AppendString(value.text(), out);
    case Kind::kList:
    case Kind::kTuple:
      return AppendList(value, form, out);
    case Kind::kDict:
      return AppendDict(value, form, out);
    default:
      return AppendTyped(value, form, out);
  }
}

}  // namespace sluice::functions
