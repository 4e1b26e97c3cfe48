// The chapter "sets" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddSets(dtl::Catalogue& catalogue);

void AddSetOperations(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
