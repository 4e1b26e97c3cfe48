#include "functions/uris/uris.h"

namespace sluice::functions {

void AddUris(dtl::Catalogue& catalogue) { AddUri(catalogue); }

}  // namespace sluice::functions
