#include "functions/deprecated/deprecated.h"

namespace sluice::functions {

void AddDeprecated(dtl::Catalogue& /*catalogue*/) {}

}  // namespace sluice::functions
