// Programs made from the catalogue's signatures, the bytes deciding: they compile or are refused,
// run within the limits, and give the same with and without constant folding.

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "base/check.h"
#include "dtl/special_forms.h"
#include "functions/functions.h"
#include "tests/support/program_fuzz.h"
#include "tests/support/program_generator.h"

namespace {

// Two bytes a choice; zeros when they are used up, which ends a program soon.
class ByteRandom final : public sluice::Random {
 public:
  ByteRandom(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint64_t Next() override {
    uint64_t bits = 0;
    for (int i = 0; i < 2; ++i) {
      bits = bits << 8 | (at_ < size_ ? data_[at_] : 0);
      ++at_;
    }
    return bits << 48;
  }

 private:
  const uint8_t* data_;
  size_t size_;
  size_t at_ = 0;
};

struct Fuzzed {
  Fuzzed() {
    sluice::dtl::AddSpecialForms(catalogue);
    sluice::functions::AddAll(catalogue);
  }
  sluice::dtl::Catalogue catalogue;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto* const fuzzed = new Fuzzed;
  static const sluice::testing::ProgramGenerator all(fuzzed->catalogue, true);
  static const sluice::testing::ProgramGenerator deterministic(fuzzed->catalogue, false);
  if (size == 0) return 0;
  const bool namespaced = (data[0] & 1) != 0;
  const bool compare = (data[0] & 6) != 0;
  ByteRandom random(data + 1, size - 1);
  if (!compare) {
    sluice::testing::RunGenerated(fuzzed->catalogue, all.Rules(random), namespaced, true);
    return 0;
  }
  sluice::testing::RunResult folded;
  const std::string failure = sluice::testing::CompareFolding(
      fuzzed->catalogue, deterministic.Rules(random), namespaced, folded);
  if (!failure.empty()) std::fprintf(stderr, "%s\n", failure.c_str());
  SLUICE_CHECK(failure.empty());
  return 0;
}
