// How the error begins that refuses a commit because the disk is nearly full: who waits for room
// tells it from other reasons to wait.

#pragma once

#include <string_view>

#include "base/error.h"

namespace sluice::storage {

inline constexpr std::string_view kDiskFull = "the disk is nearly full";

inline bool IsDiskFull(const Error& error) {
  return error.code == Code::kUnavailable && error.message.starts_with(kDiskFull);
}

}  // namespace sluice::storage
