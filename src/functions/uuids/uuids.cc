#include "functions/uuids/uuids.h"

namespace sluice::functions {

void AddUuids(dtl::Catalogue& /*catalogue*/) {}

}  // namespace sluice::functions
