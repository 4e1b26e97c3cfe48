#include "functions/phonenumbers/phonenumbers.h"

namespace sluice::functions {

void AddPhonenumbers(dtl::Catalogue& /*catalogue*/) {}

}  // namespace sluice::functions
