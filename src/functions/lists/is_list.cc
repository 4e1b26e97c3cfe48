// is-list.

#include "functions/lists/lists.h"
#include "functions/sequence.h"

namespace sluice::functions {

void AddIsList(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "is-list",
      .chapter = "lists",
      .params = {{"VALUES"}},
      .doc = "True if VALUES is a list, also an empty one.",
      .examples = {{R"(["is-list", ["list", "a"]])", "true"}, {R"(["is-list", "a"])", "false"}},
      .eval = [](const dtl::Args& args) -> Result<Value> {
        return Value::Boolean(IsSequence(args[0]));
      },
  });
}

}  // namespace sluice::functions
