// is-string and its sisters: whether a value, or a list's first item, is of some kind.

#pragma once

#include "dtl/catalogue.h"
#include "functions/sequence.h"

namespace sluice::functions {

// The body of a function that looks at the first value only.
template <class F>
dtl::Eval FirstValueTest(F test) {
  return
      [test](const dtl::Args& args) -> Value { return Value::Boolean(test(FirstValue(args[0]))); };
}

}  // namespace sluice::functions
