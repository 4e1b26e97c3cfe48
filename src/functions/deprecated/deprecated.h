// The chapter "deprecations" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddDeprecated(dtl::Catalogue& catalogue);

void AddDeprecatedUris(dtl::Catalogue& catalogue);
void AddUriExpand(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
