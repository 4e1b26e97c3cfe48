// MapValues and MapStrings: one value gives one, a list gives a list. Included by dtl/catalogue.h.

#pragma once

#include <concepts>
#include <optional>

#include "dtl/catalogue.h"

namespace sluice::dtl {

template <class F>
Result<Value> MapValues(const Args& args, const Value& values, F&& map) {
  // One place calls `map`, so that it is compiled into the loop.
  const bool list = values.IsList();
  const auto items = list ? values.items() : Value::Items();
  auto item = items.begin();
  uint32_t left = list ? items.size() : 1;
  Value* const out = list ? args.arena().AllocateArray<Value>(left) : nullptr;
  size_t count = 0;
  for (; left != 0; --left) {
    auto result = map(list ? *item : values);
    if constexpr (!std::same_as<decltype(result), std::optional<Value>>) {
      if (!result.ok()) [[unlikely]] {
        return result.TakeError();
      }
      if (!list) return *result ? **result : Value::Null();
      if (*result) new (out + count++) Value(**result);
    } else {
      if (!list) return result ? *result : Value::Null();
      if (result) new (out + count++) Value(*result);
    }
    ++item;
  }
  return Value::List({out, count});
}

template <class F>
Result<Value> MapStrings(const Args& args, const Value& values, F&& map) {
  return MapValues(args, values, [&](const Value& value) -> std::optional<Value> {
    const auto text = value.AsString();
    if (!text) return std::nullopt;
    return Value::String(map(*text));
  });
}

}  // namespace sluice::dtl
