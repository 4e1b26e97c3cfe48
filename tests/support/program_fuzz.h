// Random programs made from the catalogue's signatures: none may crash, hang or take too much
// memory, and both ways to run one (with and without constant folding) give the same.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dtl/catalogue.h"

namespace sluice::testing {

struct FuzzResult {
  uint64_t programs = 0;
  uint64_t compiled = 0;
  uint64_t ran = 0;  // Gave a value and no error.
  std::string
      failure;  // The first difference, with the request that shows it; empty if there is none.
};

// What a program gave.
struct RunResult {
  bool compiled = false;
  bool ran = false;
  std::string text;  // What came out, or the error's code and place.
};

// Compiles rules and runs them on kGeneratedSource, beside a small dataset "D". Checks that every
// error has a message, and every error of the compiler a place.
RunResult RunGenerated(const dtl::Catalogue& catalogue, std::string_view rules, bool namespaced,
                       bool fold);

// Runs rules with and without constant folding: says how they differ; empty where they do not.
std::string CompareFolding(const dtl::Catalogue& catalogue, std::string_view rules, bool namespaced,
                           RunResult& folded);

// Programs from `seed` on, until `seconds` have passed.
FuzzResult FuzzPrograms(const dtl::Catalogue& catalogue, uint64_t seed, int64_t seconds);

}  // namespace sluice::testing
