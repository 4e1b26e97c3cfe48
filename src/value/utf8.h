// Where text stops being UTF-8. For the files of value/ only.

#pragma once

#include <string_view>

namespace sluice {

// The offset of the first byte that is no valid UTF-8, or the text's size. Surrogates, overlong
// forms and what is beyond U+10FFFF are invalid.
size_t Utf8ErrorOffset(std::string_view text);
bool IsUtf8(std::string_view text);

}  // namespace sluice
