// The chapter "nulls" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddNulls(dtl::Catalogue& catalogue);

void AddCoalesce(dtl::Catalogue& catalogue);
void AddIfNull(dtl::Catalogue& catalogue);
void AddIsNull(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
