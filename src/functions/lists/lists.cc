#include "functions/lists/lists.h"

namespace sluice::functions {

void AddLists(dtl::Catalogue& catalogue) {
  AddCombine(catalogue);
  AddCount(catalogue);
  AddDistinct(catalogue);
  AddEnumerate(catalogue);
  AddFilter(catalogue);
  AddFlatten(catalogue);
  AddGroup(catalogue);
  AddIn(catalogue);
  AddInsert(catalogue);
  AddIsEmpty(catalogue);
  AddIsList(catalogue);
  AddMap(catalogue);
  AddMapDict(catalogue);
  AddMinMax(catalogue);
  AddNth(catalogue);
  AddRange(catalogue);
  AddSlice(catalogue);
  AddSorted(catalogue);
  AddSum(catalogue);
}

}  // namespace sluice::functions
