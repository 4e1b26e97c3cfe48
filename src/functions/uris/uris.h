// The chapter "uris" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter.
void AddUris(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
