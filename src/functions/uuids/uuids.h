// The chapter "uuids" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddUuids(dtl::Catalogue& catalogue);

void AddUuid(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
