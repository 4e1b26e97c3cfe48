// The chapter "bytes" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddBytes(dtl::Catalogue& catalogue);

void AddBase64(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
