#include "functions/uris/uris.h"

namespace sluice::functions {

void AddUris(dtl::Catalogue& /*catalogue*/) {}

}  // namespace sluice::functions
