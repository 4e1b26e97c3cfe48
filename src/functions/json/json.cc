#include "functions/json/json.h"

namespace sluice::functions {

void AddJson(dtl::Catalogue& catalogue) {
  AddJsonText(catalogue);
  AddJsonParse(catalogue);
}

}  // namespace sluice::functions
