#include "functions/phonenumbers/phonenumbers.h"

namespace sluice::functions {

void AddPhonenumbers(dtl::Catalogue& catalogue) { AddPhonenumber(catalogue); }

}  // namespace sluice::functions
