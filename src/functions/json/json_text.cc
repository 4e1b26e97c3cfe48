// json and json-transit: values as JSON text.

#include <string>

#include "functions/arguments.h"
#include "functions/json/json.h"
#include "functions/json/json_writer.h"

namespace sluice::functions {
namespace {

// Null in a list is a value like others; alone it means that there is none.
dtl::Eval ToJsonText(JsonForm form) {
  return [form](const dtl::Args& args) -> Result<Value> {
    if (args[0].IsNull()) return Value::Null();
    return dtl::MapValues(args, args[0], [&](const Value& value) -> Result<std::optional<Value>> {
      std::string json;
      AppendJson(value, form, json);
      SLUICE_TRY(CheckStringBytes(args, json.size()));
      return std::optional(Value::String(args.arena().Copy(json)));
    });
  };
}

}  // namespace

void AddJsonText(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "json",
      .chapter = "json",
      .params = {{"VALUES"}},
      .doc = "Each value in VALUES as JSON text: names sorted, all but ASCII escaped. Types that "
             "JSON does not have are written as their bare text, decimals as numbers.",
      .examples = {{R"(["json", "hello"])", R"("\"hello\"")"},
                   {R"(["json", ["list", ["list", 1, 2], {"b": 2, "a": 1}, 124.4]])",
                    R"(["[1, 2]", "{\"a\": 1, \"b\": 2}", "124.4"])"}},
      .eval = ToJsonText(JsonForm::kPlain),
  });
  catalogue.Add({
      .name = "json-transit",
      .chapter = "json",
      .params = {{"VALUES"}},
      .doc = "Each value in VALUES as JSON text; types that JSON does not have are transit "
             "encoded. Otherwise as json.",
      .examples = {{R"(["json-transit", {"n": "~:a:b"}])", R"("{\"n\": \"~:a:b\"}")"},
                   {R"(["json-transit", 1])", R"("1")"}},
      .eval = ToJsonText(JsonForm::kTransit),
  });
}

}  // namespace sluice::functions
