// The chapter "lists" of the function library.

#pragma once

#include "dtl/catalogue.h"

namespace sluice::functions {

// Adds the functions of this chapter: those of each file.
void AddLists(dtl::Catalogue& catalogue);

void AddCombine(dtl::Catalogue& catalogue);
void AddCount(dtl::Catalogue& catalogue);
void AddDistinct(dtl::Catalogue& catalogue);
void AddEnumerate(dtl::Catalogue& catalogue);
void AddFilter(dtl::Catalogue& catalogue);
void AddFlatten(dtl::Catalogue& catalogue);
void AddGroup(dtl::Catalogue& catalogue);
void AddIn(dtl::Catalogue& catalogue);
void AddInsert(dtl::Catalogue& catalogue);
void AddIsEmpty(dtl::Catalogue& catalogue);
void AddIsList(dtl::Catalogue& catalogue);
void AddMap(dtl::Catalogue& catalogue);
void AddMapDict(dtl::Catalogue& catalogue);
void AddMinMax(dtl::Catalogue& catalogue);
void AddNth(dtl::Catalogue& catalogue);
void AddRange(dtl::Catalogue& catalogue);
void AddSlice(dtl::Catalogue& catalogue);
void AddSorted(dtl::Catalogue& catalogue);
void AddSum(dtl::Catalogue& catalogue);

}  // namespace sluice::functions
