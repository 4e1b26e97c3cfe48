// Random programs made from the catalogue's signatures: none may crash, hang or take too much
// memory, and both ways to run one (with and without constant folding) give the same.

#pragma once

#include <cstdint>
#include <string>

#include "dtl/catalogue.h"

namespace sluice::testing {

struct FuzzResult {
  uint64_t programs = 0;
  uint64_t compiled = 0;
  uint64_t ran = 0;  // Gave a value and no error.
  std::string
      failure;  // The first difference, with the request that shows it; empty if there is none.
};

// Programs from `seed` on, until `seconds` have passed.
FuzzResult FuzzPrograms(const dtl::Catalogue& catalogue, uint64_t seed, int64_t seconds);

}  // namespace sluice::testing
