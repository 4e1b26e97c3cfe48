#include "functions/booleans/booleans.h"

namespace sluice::functions {

void AddBooleans(dtl::Catalogue& catalogue) { AddBoolean(catalogue); }

}  // namespace sluice::functions
