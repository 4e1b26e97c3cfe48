#include "functions/bytes/bytes.h"

namespace sluice::functions {

void AddBytes(dtl::Catalogue& catalogue) { AddBase64(catalogue); }

}  // namespace sluice::functions
