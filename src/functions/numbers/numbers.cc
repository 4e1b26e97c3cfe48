#include "functions/numbers/numbers.h"

namespace sluice::functions {

void AddNumbers(dtl::Catalogue& catalogue) {
  AddHex(catalogue);
  AddNumberCasts(catalogue);
  AddNumberTests(catalogue);
}

}  // namespace sluice::functions
