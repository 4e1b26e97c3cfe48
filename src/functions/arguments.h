// Arguments: the checks that bodies of all chapters share.

#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "base/limits.h"
#include "dtl/catalogue.h"
#include "dtl/evaluation.h"

namespace sluice::functions {

// kTooLarge: what the function was asked to make, and the most it makes.
inline Error TooLarge(std::string_view what, uint64_t found, uint64_t limit) {
  return MakeError(Code::kTooLarge, "expected {} of at most {}, found {}", what, limit, found);
}

// Asks for a string of `bytes` before it is made.
inline Result<void> CheckStringBytes(const dtl::Args& args, uint64_t bytes) {
  if (bytes > limits::kStringCharactersMax)
    return TooLarge("a string", bytes, limits::kStringCharactersMax);
  return args.evaluation().CountBytes(bytes);
}

// Asks for a list of `items` before it is made.
inline Result<void> CheckListItems(const dtl::Args& args, uint64_t items) {
  if (items > limits::kRangeItemsMax) return TooLarge("a list", items, limits::kRangeItemsMax);
  return args.evaluation().CountBytes(items * sizeof(Value));
}

}  // namespace sluice::functions
