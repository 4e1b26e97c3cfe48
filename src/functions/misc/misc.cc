#include "functions/misc/misc.h"

namespace sluice::functions {

void AddMisc(dtl::Catalogue& catalogue) { AddHash128(catalogue); }

}  // namespace sluice::functions
