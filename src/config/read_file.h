// Reading of files, bounded.

#pragma once

#include <string>

#include "base/error.h"

namespace sluice::config {

// The whole file; kIo, kNotFound, or kTooLarge over `bytes_max`.
Result<std::string> ReadFile(const std::string& path, size_t bytes_max);

}  // namespace sluice::config
