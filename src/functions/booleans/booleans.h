// The chapter "booleans" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddBooleans(dtl::Catalogue& catalogue);

void AddBoolean(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
