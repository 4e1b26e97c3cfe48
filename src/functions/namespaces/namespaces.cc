#include "functions/namespaces/namespaces.h"

namespace sluice::functions {

void AddNamespaces(dtl::Catalogue& catalogue) { AddNi(catalogue); }

}  // namespace sluice::functions
