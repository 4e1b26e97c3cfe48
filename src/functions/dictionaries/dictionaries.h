// The chapter "dictionaries" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddDictionaries(dtl::Catalogue& catalogue);

void AddDict(dtl::Catalogue& catalogue);
void AddHasKey(dtl::Catalogue& catalogue);
void AddItems(dtl::Catalogue& catalogue);
void AddNamespacesOfDicts(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
