#include "functions/math/math.h"

namespace sluice::functions {

void AddMath(dtl::Catalogue& catalogue) {
  AddAbs(catalogue);
  AddArithmetic(catalogue);
  AddMapArithmetic(catalogue);
  AddRounding(catalogue);
  AddTrigonometry(catalogue);
}

}  // namespace sluice::functions
