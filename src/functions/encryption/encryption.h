// The chapter "encryption" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddEncryption(dtl::Catalogue& catalogue);

void AddPublicKey(dtl::Catalogue& catalogue);
void AddSymmetric(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
