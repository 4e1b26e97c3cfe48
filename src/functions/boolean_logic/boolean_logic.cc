#include "functions/boolean_logic/boolean_logic.h"

namespace sluice::functions {

void AddBooleanLogic(dtl::Catalogue& catalogue) { AddAllAny(catalogue); }

}  // namespace sluice::functions
