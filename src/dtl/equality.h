// Equality as `eq`, `case-eq` and the filters of a hop mean it.

#pragma once

#include "value/relations.h"
#include "value/value.h"

namespace sluice::dtl {

// A single value equals a list that holds only it; null equals null alone, neither [] nor [null]
// (SEMANTICS, "Values and truth"). Otherwise as Equal.
bool EqualForEq(const Value& a, const Value& b);

// Whether any value of one is a value of the other, as joins mean it. Null never overlaps.
bool Overlap(const Value& a, const Value& b);

}  // namespace sluice::dtl
