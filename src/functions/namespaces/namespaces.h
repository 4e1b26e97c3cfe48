// The chapter "namespaced-identifiers" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddNamespaces(dtl::Catalogue& catalogue);

void AddNi(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
