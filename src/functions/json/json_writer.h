// JSON text as `json`, `json-transit`, `string` and `group-by` make it.

#pragma once

#include <string>

#include "value/value.h"

namespace sluice::functions {

// What becomes of values that JSON has no form for.
enum class JsonForm {
  kPlain,    // Their bare text; decimals are numbers.
  kTransit,  // Their transit text.
};

// Appends JSON with sorted keys, ", " and ": " between parts, and all but ASCII escaped: the
// reference's form, which its examples show. The form of value/json.h is what goes over the wire;
// this one is made by programs.
void AppendJson(const Value& value, JsonForm form, std::string& out);

// The text of a value without quotes and type: "a:b", "2020-01-01T00:00:00Z". Empty for null,
// strings, lists, dicts, booleans, integers and floats.
std::string BareText(const Value& value);

}  // namespace sluice::functions
