#include "functions/uuids/uuids.h"

namespace sluice::functions {

void AddUuids(dtl::Catalogue& catalogue) { AddUuid(catalogue); }

}  // namespace sluice::functions
