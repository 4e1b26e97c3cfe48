// The chapter "uris" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddUris(dtl::Catalogue& catalogue);

void AddUri(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
