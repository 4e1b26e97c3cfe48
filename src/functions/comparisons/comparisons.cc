#include "functions/comparisons/comparisons.h"

namespace sluice::functions {

void AddComparisons(dtl::Catalogue& catalogue) {
  AddEquality(catalogue);
  AddOrder(catalogue);
}

}  // namespace sluice::functions
