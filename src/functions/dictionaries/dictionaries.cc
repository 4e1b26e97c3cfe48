#include "functions/dictionaries/dictionaries.h"

namespace sluice::functions {

void AddDictionaries(dtl::Catalogue& catalogue) {
  AddDict(catalogue);
  AddHasKey(catalogue);
  AddItems(catalogue);
  AddNamespacesOfDicts(catalogue);
}

}  // namespace sluice::functions
