#include "functions/dates/dates.h"

namespace sluice::functions {

void AddDates(dtl::Catalogue& /*catalogue*/) {}

}  // namespace sluice::functions
