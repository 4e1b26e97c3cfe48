// Runs the cases of case files.

#pragma once

#include <optional>
#include <string>

#include "dtl/catalogue.h"
#include "tests/support/case_file.h"

namespace sluice::testing {

struct CaseResult {
  // What went wrong, for people; empty if the case passed.
  std::string failure;
  // What a field would have to say for the case to pass, by the field's first line; only where the
  // case has that field already and the code gave a value.
  std::map<size_t, std::string> rewrites;

  bool passed() const { return failure.empty(); }
};

// Runs a case twice, with and without constant folding.
CaseResult RunCase(const Case& item, const dtl::Catalogue& catalogue);

}  // namespace sluice::testing
