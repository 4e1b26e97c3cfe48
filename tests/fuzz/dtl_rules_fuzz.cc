// Whatever the bytes: as rules they are refused with places, or compile and run within the limits.

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "dtl/special_forms.h"
#include "functions/functions.h"
#include "tests/support/program_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto* const catalogue = [] {
    auto* made = new sluice::dtl::Catalogue;
    sluice::dtl::AddSpecialForms(*made);
    sluice::functions::AddAll(*made);
    return made;
  }();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // What waits, and what starts other programs.
  for (const std::string_view left_out : {"sleep!", "-pgp"}) {
    if (text.find(left_out) != std::string_view::npos) return 0;
  }
  const bool namespaced = size % 3 == 0;
  sluice::testing::RunGenerated(*catalogue, text, namespaced, size % 2 == 0);
  return 0;
}
