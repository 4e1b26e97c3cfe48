// Numeric: what the functions of this chapter make of operands that have no result.

#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "value/number.h"
#include "value/value.h"

namespace sluice::functions {

// Null where an operand is no number, and where there is no real, finite result: a division by
// zero, a root of a negative number, a float that overflows. Otherwise as sluice::Calculate.
Result<Value> CalculateOrNull(Operator op, const Value& a, const Value& b, Arena& arena);

}  // namespace sluice::functions
