// The chapter "json" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddJson(dtl::Catalogue& catalogue);

void AddJsonText(dtl::Catalogue& catalogue);
void AddJsonParse(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
