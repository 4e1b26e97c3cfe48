// has-key and is-dict.

#include "functions/dictionaries/dictionaries.h"
#include "functions/first_value.h"

namespace sluice::functions {
namespace {

Result<Value> HasKey(const dtl::Args& args) {
  const Value dict = FirstValue(args[1]);
  if (!dict.IsDict()) return Value::Null();
  const auto name = FirstValue(args[0]).AsString();
  return Value::Boolean(name && dict.Has(*name));
}

}  // namespace

void AddHasKey(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "has-key",
      .chapter = "dictionaries",
      .params = {{"KEY"}, {"VALUES"}},
      .doc = "True if VALUES, or its first item if it is a list, is a dict that has a property "
             "named KEY; also where that is null. Null if it is no dict.",
      .examples = {{R"(["has-key", "a", {"a": null}])", "true"},
                   {R"(["has-key", "b", ["list", {"a": 1}, {"b": 1}]])", "false"},
                   {R"(["has-key", "a", 123])", "null"}},
      .eval = HasKey,
  });
  catalogue.Add({
      .name = "is-dict",
      .chapter = "dictionaries",
      .params = {{"VALUES"}},
      .doc = "True if VALUES is a dict, or a list whose first item is one. Entities are dicts.",
      .examples = {{R"(["is-dict", "_S."])", "true"},
                   {R"(["is-dict", ["list", 123, {"a": 1}]])", "false"}},
      .eval = FirstValueTest([](const Value& value) { return value.IsDict(); }),
  });
}

}  // namespace sluice::functions
