// The chapter "comparisons" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddComparisons(dtl::Catalogue& catalogue);

void AddEquality(dtl::Catalogue& catalogue);
void AddOrder(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
