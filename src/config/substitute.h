// Substitution of $NAME(…) markers in the strings of a value.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "config/view.h"

namespace sluice::config {

// The value of a marker's name, or nothing: then the marker stays.
using FindMarker = std::function<std::optional<Value>(std::string_view name, const ConfigView& at)>;

// Replaces markers that begin with `open` ("$ENV(") and end with ')' in all strings, at any depth.
// A string that is one marker becomes its value; inside other text strings are inserted as they
// are, other values as JSON. What needs no change is not copied.
Value Substitute(const ConfigView& view, std::string_view open, const FindMarker& find,
                 Arena& arena);

}  // namespace sluice::config
