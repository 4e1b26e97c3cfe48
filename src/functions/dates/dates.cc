#include "functions/dates/dates.h"

namespace sluice::functions {

void AddDates(dtl::Catalogue& catalogue) {
  AddDateArithmetic(catalogue);
  AddDatetime(catalogue);
  AddParseFormat(catalogue);
}

}  // namespace sluice::functions
