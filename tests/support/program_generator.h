// Programs made from the catalogue's signatures: every choice is asked of a Random, so that a seed
// or a fuzzer's bytes decide.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "dtl/catalogue.h"

namespace sluice::testing {

// The entity that the programs are made for.
extern const std::string_view kGeneratedSource;

class ProgramGenerator {
 public:
  // Without what waits or starts other programs, and unless `nondeterministic` without what differs
  // from run to run.
  ProgramGenerator(const dtl::Catalogue& catalogue, bool nondeterministic);

  // A transform's rules: `default`, and `r`, which it may apply.
  std::string Rules(Random& random) const;

 private:
  std::string Expression(Random& random, int depth) const;
  std::string Transform(Random& random, int depth) const;
  std::string Call(Random& random, const dtl::Function& function, int depth) const;
  std::string Argument(Random& random, const dtl::Function& function, const dtl::Param& param,
                       int depth) const;

  std::vector<const dtl::Function*> expressions_;
  std::vector<const dtl::Function*> transforms_;
};

}  // namespace sluice::testing
