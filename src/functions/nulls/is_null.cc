// is-null and is-not-null.

#include "functions/first_value.h"
#include "functions/nulls/nulls.h"

namespace sluice::functions {

void AddIsNull(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "is-null",
      .chapter = "nulls",
      .params = {{"VALUES"}},
      .doc = "True if VALUES is null, an empty list, or a list whose first item is null.",
      .examples = {{R"(["is-null", "_S.missing"])", "true"},
                   {R"(["is-null", ["list", null, 123]])", "true"}},
      .eval = FirstValueTest([](const Value& value) { return value.IsNull(); }),
  });
  catalogue.Add({
      .name = "is-not-null",
      .chapter = "nulls",
      .params = {{"VALUES"}},
      .doc = "False if VALUES is null, an empty list, or a list whose first item is null.",
      .examples = {{R"(["is-not-null", 1])", "true"}, {R"(["is-not-null", ["list"]])", "false"}},
      .eval = FirstValueTest([](const Value& value) { return !value.IsNull(); }),
  });
}

}  // namespace sluice::functions
