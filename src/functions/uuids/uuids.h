// The chapter "uuids" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter.
void AddUuids(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
