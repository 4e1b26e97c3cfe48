// length: characters of strings.

#include "functions/strings/characters.h"
#include "functions/strings/strings.h"

namespace sluice::functions {
namespace {

Result<Value> Length(const dtl::Args& args) {
  return dtl::MapValues(args, args[0], [](const Value& value) -> std::optional<Value> {
    const auto text = value.AsString();
    if (!text) return std::nullopt;
    return Value::Integer(CountCharacters(*text));
  });
}

}  // namespace

void AddLength(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "length",
      .chapter = "strings",
      .params = {{"VALUES"}},
      .doc = "The number of characters (Unicode code points) of each string in VALUES. Other "
             "values are left out.",
      .examples = {{R"(["length", "Åse"])", "3"},
                   {R"(["length", ["list", "", "a", 7, "bb"]])", "[0, 1, 2]"}},
      .eval = Length,
  });
}

}  // namespace sluice::functions
