// The chapter "math" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddMath(dtl::Catalogue& catalogue);

void AddAbs(dtl::Catalogue& catalogue);
void AddArithmetic(dtl::Catalogue& catalogue);
void AddMapArithmetic(dtl::Catalogue& catalogue);
void AddRounding(dtl::Catalogue& catalogue);
void AddTrigonometry(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
