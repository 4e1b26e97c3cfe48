// UTF-8: whether bytes from outside are text.

#pragma once

#include <string_view>

namespace sluice::functions {

// Well-formed as Unicode defines it: no overlong forms, no surrogates, nothing over U+10FFFF.
bool IsUtf8(std::string_view bytes);

}  // namespace sluice::functions
