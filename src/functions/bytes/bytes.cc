#include "functions/bytes/bytes.h"

namespace sluice::functions {

void AddBytes(dtl::Catalogue& /*catalogue*/) {}

}  // namespace sluice::functions
