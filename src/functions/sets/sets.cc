#include "functions/sets/sets.h"

namespace sluice::functions {

void AddSets(dtl::Catalogue& catalogue) { AddSetOperations(catalogue); }

}  // namespace sluice::functions
