// enumerate: values with their numbers.

#include "functions/lists/lists.h"
#include "functions/sequence.h"
#include "value/number.h"

namespace sluice::functions {
namespace {

Result<Value> Enumerate(const dtl::Args& args) {
  const bool has_start = args.size() == 2;
  Value number = has_start ? FirstValue(args[0]) : Value::Integer(0);
  if (number.kind() != Kind::kInteger || args[has_start ? 1 : 0].IsNull()) return Value::Null();
  Arena& arena = args.arena();
  return dtl::MapValues(args, AsList(args[has_start ? 1 : 0]),
                        [&](const Value& value) -> Result<std::optional<Value>> {
                          Property* const properties = arena.AllocateArray<Property>(2);
                          new (properties) Property{"key", number};
                          new (properties + 1) Property{"value", value};
                          SLUICE_TRY(number,
                                     Calculate(Operator::kPlus, number, Value::Integer(1), arena));
                          return std::optional(Value::Dict({properties, 2}));
                        });
}

}  // namespace

void AddEnumerate(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "enumerate",
      .chapter = "lists",
      .params = {{"START", dtl::Kind::kInteger, 0, 1}, {"VALUES"}},
      .doc = "For each value a dict: \"key\" is its number, counted from START or 0, and "
             "\"value\" the value. Null if START is no integer.",
      .examples = {{R"(["enumerate", "a"])", R"({"key": 0, "value": "a"})"},
                   {R"(["enumerate", 2, ["list", 17, 32]])",
                    R"([{"key": 2, "value": 17}, {"key": 3, "value": 32}])"}},
      .eval = Enumerate,
  });
}

}  // namespace sluice::functions
