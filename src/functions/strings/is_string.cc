// is-string.

#include "functions/first_value.h"
#include "functions/strings/strings.h"

namespace sluice::functions {

void AddIsString(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "is-string",
      .chapter = "strings",
      .params = {{"VALUES"}},
      .doc = "True if VALUES is a string, or a list whose first item is one.",
      .examples = {{R"(["is-string", "foo:bar"])", "true"},
                   {R"(["is-string", ["list", 1, "a"]])", "false"}},
      .eval = FirstValueTest([](const Value& value) { return value.IsString(); }),
  });
}

}  // namespace sluice::functions
