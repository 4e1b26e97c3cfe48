#include "functions/encryption/encryption.h"

namespace sluice::functions {

void AddEncryption(dtl::Catalogue& /*catalogue*/) {}

}  // namespace sluice::functions
