// Checks what pipes remember, for `sluice verify`.

#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "storage/store.h"

namespace sluice::pipe {

// That each pipe's state can be read, and that no offset it holds of a dataset that is still there
// lies beyond its end. What is wrong is mended by resetting the pipe.
Result<void> VerifyPipes(
    const storage::Snapshot& snapshot,
    const std::function<void(std::string_view pipe, const std::string& difference)>& tell);

}  // namespace sluice::pipe
