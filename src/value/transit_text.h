// The pieces of transit text. For the files of value/ only.

#pragma once

#include <optional>
#include <string_view>

#include "value/encoding.h"

namespace sluice::transit_text {

// Appends the record of a string that starts with '~'; false, and nothing appended, if it is no
// transit text.
bool Put(std::string_view text, encoding::Buffer& out);

// Standard alphabet with padding; anything else is refused, so that every text that is decoded
// comes back as it was.
bool IsBase64(std::string_view text);
constexpr size_t Base64Bytes(size_t text_size) { return text_size / 4 * 3; }
// Decodes what IsBase64 let pass; gives the end. `to` has room for Base64Bytes.
char* DecodeBase64(std::string_view text, char* to);
constexpr size_t Base64TextBytes(size_t size) { return (size + 2) / 3 * 4; }
char* WriteBase64(std::string_view bytes, char* to);

// "531a379e-31bb-4ce1-8690-158dceb64be6", in either case, to 16 bytes.
bool DecodeUuid(std::string_view text, char* to);
inline constexpr size_t kUuidTextBytes = 36;
char* WriteUuid(std::string_view bytes, char* to);

}  // namespace sluice::transit_text
