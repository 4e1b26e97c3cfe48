// Keys in files that only their owner can read.

#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace sluice::crypto {

// The key in the file at `path`, `bytes` long. Without the file a random key is made, written
// durably with mode 0600. A file of another length, or one that others than the owner may read, is
// kCorrupt or kForbidden: it says what to do.
Result<std::string> LoadOrCreateKey(const std::string& path, size_t bytes);

// Writes a text (an admin token) readable by the owner only, atomically and durably; replaces what
// is there.
Result<void> WritePrivateFile(const std::string& path, std::string_view content);

}  // namespace sluice::crypto
