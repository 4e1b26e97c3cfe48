// string: the text of any value.

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <string>

#include "functions/arguments.h"
#include "functions/json/json_writer.h"
#include "functions/strings/strings.h"
#include "functions/strings/utf8.h"
#include "value/number.h"

namespace sluice::functions {
namespace {

// The text of a value that is neither null nor a string; nothing where it has none.
std::optional<std::string> TextOf(const Value& value) {
  switch (value.kind()) {
    case Kind::kBoolean:
      return *value.AsBoolean() ? "true" : "false";
    case Kind::kInteger:
      return value.IsBigInteger() ? std::string(value.text()) : fmt::to_string(*value.AsInteger());
    case Kind::kFloat:
      if (!std::isfinite(*value.AsFloat())) return std::nullopt;
      return FloatText(*value.AsFloat());
    case Kind::kDecimal:
    case Kind::kNi:
    case Kind::kUri:
      return std::string(value.text());
    case Kind::kBytes:
      if (!IsUtf8(value.text())) return std::nullopt;
      return std::string(value.text());
    case Kind::kDate:
    case Kind::kDatetime:
    case Kind::kUuid:
      return BareText(value);
    default: {
      std::string json;
      AppendJson(value, JsonForm::kPlain, json);
      return json;
    }
  }
}

Result<Value> ToStrings(const dtl::Args& args) {
  return dtl::MapValues(args, args[0], [&](const Value& value) -> Result<std::optional<Value>> {
    if (value.IsNull()) return std::optional<Value>();
    if (value.IsString()) return std::optional(value);
    const auto text = TextOf(value);
    if (!text) return std::optional<Value>();
    SLUICE_TRY(CheckStringBytes(args, text->size()));
    return std::optional(Value::String(args.arena().Copy(*text)));
  });
}

}  // namespace

void AddString(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "string",
      .chapter = "strings",
      .params = {{"VALUES"}},
      .doc = "The text of each value in VALUES. Null is left out. Lists in lists and dicts become "
             "JSON with sorted keys, NIs, URIs, dates and UUIDs their text without the transit "
             "prefix. Bytes are read as UTF-8, and left out where they are none.",
      .examples =
          {{R"(["string", 1])", R"("1")"},
           {R"(["string", ["list", "abc", ["list", 1, 2], {"b": 2, "a": 1}, "~rhttp://x/", 124.4]])",
            R"(["abc", "[1, 2]", "{\"a\": 1, \"b\": 2}", "http://x/", "124.4"])"}},
      .eval = ToStrings,
  });
}

}  // namespace sluice::functions
