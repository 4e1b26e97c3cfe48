// The chapter "phonenumbers" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddPhonenumbers(dtl::Catalogue& catalogue);

void AddPhonenumber(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
