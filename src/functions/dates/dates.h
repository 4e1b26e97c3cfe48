// The chapter "dates" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddDates(dtl::Catalogue& catalogue);

void AddDateArithmetic(dtl::Catalogue& catalogue);
void AddDatetime(dtl::Catalogue& catalogue);
void AddParseFormat(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
