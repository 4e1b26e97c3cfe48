// count: how many values.

#include "functions/lists/lists.h"
#include "functions/sequence.h"

namespace sluice::functions {

void AddCount(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "count",
      .chapter = "lists",
      .params = {{"VALUES"}},
      .doc = "The number of items of a list; 0 for null and 1 for any other value.",
      .examples = {{R"(["count", ["list", 2, 4, 6]])", "3"}, {R"(["count", null])", "0"}},
      .eval = [](const dtl::Args& args) -> Result<Value> {
        return Value::Integer(CountValues(args[0]));
      },
  });
}

}  // namespace sluice::functions
