// The function library: every chapter of the reference adds its functions to a catalogue.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds all functions of all chapters. Special forms are added by dtl::AddSpecialForms.
void AddAll(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
