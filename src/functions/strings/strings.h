// The chapter "strings" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddStrings(dtl::Catalogue& catalogue);

void AddCase(dtl::Catalogue& catalogue);
void AddConcat(dtl::Catalogue& catalogue);
void AddIsString(dtl::Catalogue& catalogue);
void AddLength(dtl::Catalogue& catalogue);
void AddMatches(dtl::Catalogue& catalogue);
void AddPad(dtl::Catalogue& catalogue);
void AddReplace(dtl::Catalogue& catalogue);
void AddSplit(dtl::Catalogue& catalogue);
void AddString(dtl::Catalogue& catalogue);
void AddStrip(dtl::Catalogue& catalogue);
void AddSubstring(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
