// is-empty and is-not-empty.

#include "functions/lists/lists.h"
#include "functions/sequence.h"

namespace sluice::functions {

void AddIsEmpty(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "is-empty",
      .chapter = "lists",
      .params = {{"VALUES"}},
      .doc = "True if there is no value: for null and the empty list.",
      .examples = {{R"(["is-empty", "_S.missing"])", "true"},
                   {R"(["is-empty", ["list", null]])", "false"}},
      .eval = [](const dtl::Args& args) -> Result<Value> {
        return Value::Boolean(CountValues(args[0]) == 0);
      },
  });
  catalogue.Add({
      .name = "is-not-empty",
      .chapter = "lists",
      .params = {{"VALUES"}},
      .doc = "True if there is a value; false for null and the empty list.",
      .examples = {{R"(["is-not-empty", "_S.hobbies"])", "true", R"({"hobbies": ["chess"]})"}},
      .eval = [](const dtl::Args& args) -> Result<Value> {
        return Value::Boolean(CountValues(args[0]) != 0);
      },
  });
}

}  // namespace sluice::functions
