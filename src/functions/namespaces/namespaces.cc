#include "functions/namespaces/namespaces.h"

namespace sluice::functions {

void AddNamespaces(dtl::Catalogue& /*catalogue*/) {}

}  // namespace sluice::functions
