// Casts: values of one type made of values of others, with a stand-in for what does not convert.

#pragma once

#include <optional>
#include <vector>

#include "dtl/catalogue.h"

namespace sluice::functions {

// The parameters of all casts: an optional expression for what does not convert, and the values.
inline std::vector<dtl::Param> CastParams() {
  return {{"FUNCTION", dtl::Kind::kFunction, 0, 1}, {"VALUES"}};
}

// Converts VALUES. `convert` returns Result<std::optional<Value>>; nothing means that the value
// does not convert: FUNCTION's result takes its place, without FUNCTION it is left out. Null is
// left out always.
template <class F>
Result<Value> CastValues(const dtl::Args& args, F&& convert) {
  const bool has_function = args.size() == 2;
  return dtl::MapValues(args, args[has_function ? 1 : 0],
                        [&](const Value& value) -> Result<std::optional<Value>> {
                          if (value.IsNull()) return std::optional<Value>();
                          SLUICE_TRY(const std::optional<Value> converted, convert(value));
                          if (converted || !has_function) return converted;
                          SLUICE_TRY(const Value stand_in, args.Apply(0, value));
                          return std::optional<Value>(stand_in);
                        });
}

}  // namespace sluice::functions
