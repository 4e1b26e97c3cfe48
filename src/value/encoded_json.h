// The quick way from records to JSON text: through a bare pointer, with room made beforehand. For
// the files of value/ only.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "value/json.h"

namespace sluice::json {

// Room that is enough for the text of a value whose record has so many bytes, and for a comma. A
// string is the widest: each byte may become \u00XX. Short scalars grow most: a date of two bytes
// becomes 15 characters.
constexpr size_t EncodedJsonBytesMax(size_t record_bytes) { return 8 * record_bytes + 64; }

// Room that is enough for a string of so many bytes, quoted.
constexpr size_t StringJsonBytesMax(size_t bytes) { return 6 * bytes + 2; }

// Writes the value at `at`, and moves `at` behind it; gives the end of the text.
char* WriteEncodedJson(const char*& at, Transit transit, char* to);

// Writes a string literal, quoted and escaped; gives its end.
char* WriteStringJson(std::string_view text, char* to);

// Writes what stands between the quotes of a character that must be escaped; at most six bytes.
char* WriteEscaped(unsigned char byte, char* to);

// The high bit of each byte of a block that must be escaped. Bytes above the lowest such one may be
// marked wrongly.
uint64_t FindSpecial(uint64_t block);

// Copies a literal.
template <size_t kSize>
char* WriteLiteral(const char (&literal)[kSize], char* to) {
  std::memcpy(to, literal, kSize - 1);
  return to + kSize - 1;
}

}  // namespace sluice::json
