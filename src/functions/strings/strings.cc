#include "functions/strings/strings.h"

namespace sluice::functions {

void AddStrings(dtl::Catalogue& catalogue) {
  AddCase(catalogue);
  AddConcat(catalogue);
  AddIsString(catalogue);
  AddLength(catalogue);
  AddMatches(catalogue);
  AddPad(catalogue);
  AddReplace(catalogue);
  AddSplit(catalogue);
  AddString(catalogue);
  AddStrip(catalogue);
  AddSubstring(catalogue);
}

}  // namespace sluice::functions
