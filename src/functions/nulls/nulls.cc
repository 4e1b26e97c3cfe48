#include "functions/nulls/nulls.h"

namespace sluice::functions {

void AddNulls(dtl::Catalogue& catalogue) {
  AddCoalesce(catalogue);
  AddIfNull(catalogue);
  AddIsNull(catalogue);
}

}  // namespace sluice::functions
