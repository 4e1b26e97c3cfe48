// MurmurHash3, the 128-bit variant for 64-bit machines (Austin Appleby, public domain algorithm).

#pragma once

#include <cstdint>
#include <string_view>

#include "value/value.h"

namespace sluice::functions {

// `low` is the first of the algorithm's two words.
Hash128 Murmur3(std::string_view bytes, uint32_t seed);

}  // namespace sluice::functions
