// A hash of bytes that are no record: keys of sorted files and of joins.

#pragma once

#include <string_view>

#include "value/value.h"

namespace sluice {

// XXH3-128.
Hash128 HashBytes(std::string_view bytes);

}  // namespace sluice
