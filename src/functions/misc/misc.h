// The chapter "misc" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddMisc(dtl::Catalogue& catalogue);

void AddHash128(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
