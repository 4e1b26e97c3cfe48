#include "functions/encryption/encryption.h"

namespace sluice::functions {

void AddEncryption(dtl::Catalogue& catalogue) {
  AddPublicKey(catalogue);
  AddSymmetric(catalogue);
}

}  // namespace sluice::functions
