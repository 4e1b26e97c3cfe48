// MapValues and MapStrings: one value gives one, a list gives a list. Included by dtl/catalogue.h.

#pragma once

#include <type_traits>

#include "dtl/catalogue.h"

namespace sluice::dtl {

template <class F>
Result<Value> MapValues(const Args& args, const Value& values, F&& map) {
  const auto call = [&](const Value& value) -> Result<std::optional<Value>> { return map(value); };
  if (!values.IsList()) {
    SLUICE_TRY(auto result, call(values));
    return result ? *result : Value::Null();
  }
  Value* const out = args.arena().AllocateArray<Value>(values.count());
  size_t count = 0;
  for (const Value& item : values.items()) {
    SLUICE_TRY(auto result, call(item));
    if (result) new (out + count++) Value(*result);
  }
  return Value::List({out, count});
}

template <class F>
Result<Value> MapStrings(const Args& args, const Value& values, F&& map) {
  return MapValues(args, values, [&](const Value& value) -> Result<std::optional<Value>> {
    const auto text = value.AsString();
    if (!text) return std::optional<Value>();
    return std::optional<Value>(Value::String(map(*text)));
  });
}

}  // namespace sluice::dtl
