// The chapter "numbers" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddNumbers(dtl::Catalogue& catalogue);

void AddHex(dtl::Catalogue& catalogue);
void AddNumberCasts(dtl::Catalogue& catalogue);
void AddNumberTests(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
