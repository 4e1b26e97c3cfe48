#include "functions/deprecated/deprecated.h"

namespace sluice::functions {

void AddDeprecated(dtl::Catalogue& catalogue) {
  AddDeprecatedUris(catalogue);
  AddUriExpand(catalogue);
}

}  // namespace sluice::functions
