// The chapter "boolean-logic" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddBooleanLogic(dtl::Catalogue& catalogue);

void AddAllAny(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
