#include "functions/deprecated/deprecated.h"

namespace sluice::functions {

void AddDeprecated(dtl::Catalogue& catalogue) { AddDeprecatedUris(catalogue); }

}  // namespace sluice::functions
