// json-parse and json-transit-parse: values of JSON text.

#include "functions/arguments.h"
#include "functions/cast.h"
#include "functions/json/json.h"
#include "value/json.h"

namespace sluice::functions {
namespace {

dtl::Eval ParseJson(Transit transit) {
  return [transit](const dtl::Args& args) {
    JsonParser parser({.floats = FloatMode::kFloat, .transit = transit});
    return CastValues(args, [&](const Value& value) -> Result<std::optional<Value>> {
      const auto text = value.AsString();
      if (!text) return std::optional<Value>();
      SLUICE_TRY(args.evaluation().CountBytes(text->size()));
      auto parsed = parser.Parse(*text, args.arena());
      if (parsed.ok()) return std::optional(*parsed);
      if (parsed.error().code == Code::kTooLarge) return parsed.TakeError();
      return std::optional<Value>();
    });
  };
}

}  // namespace

void AddJsonParse(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "json-parse",
      .chapter = "json",
      .params = CastParams(),
      .doc = "The values that the JSON texts in VALUES stand for; strings in them stay strings. "
             "What is no JSON text is left out, or replaced by what FUNCTION gives for it.",
      .examples = {{R"(["json-parse", ["list", "123", "null", "hello"]])", "[123, null]"},
                   {R"(["json-parse", "no-value", "hello"])", R"("no-value")"}},
      .eval = ParseJson(Transit::kKeep),
  });
  catalogue.Add({
      .name = "json-transit-parse",
      .chapter = "json",
      .params = CastParams(),
      .doc = "The values that the JSON texts in VALUES stand for, with transit encoded strings "
             "decoded; otherwise as json-parse.",
      .examples = {{R"(["json-transit-parse", "{\"n\": \"~:a:b\"}"])", R"({"n": "~:a:b"})"}},
      .eval = ParseJson(Transit::kDecode),
  });
}

}  // namespace sluice::functions
