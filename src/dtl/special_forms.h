// The catalogue entries of what dtl/ compiles itself: all transforms, and the expressions below.
// They are documented and checked like functions, but have no body of their own.
//
//   logic         and, or, not, if, case, case-eq, coalesce-args
//   dictionaries  apply, apply-hops, path
//   hops          hops, lookup-entity, lookup (deprecated)
//   misc          literal, tuples, is-changed, completeness
//
// Everything else, `eq`, `list`, `coalesce`, `filter` over values, `apply-ns` and `strip-ns` among
// it, is a plain function of functions/.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::dtl {

void AddSpecialForms(Catalogue& catalogue);
// The part of them that is transforms; AddSpecialForms calls it.
void AddTransforms(Catalogue& catalogue);

}  // namespace sluice::dtl
