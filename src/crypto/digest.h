// Digests, message authentication, encodings of bytes as text, and random bytes.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::crypto {

enum class Algorithm { kMd5, kSha1, kSha224, kSha256, kSha384, kSha512 };
// "md5", "sha1", "sha256", …; nothing for other names.
std::optional<Algorithm> AlgorithmOf(std::string_view name);

// Raw bytes.
std::string Digest(Algorithm algorithm, std::string_view bytes);
std::string Hmac(Algorithm algorithm, std::string_view key, std::string_view bytes);

// Lower case.
std::string Hex(std::string_view bytes);
std::optional<std::string> FromHex(std::string_view text);

// RFC 4648. The url form has '-' and '_' and no padding.
std::string Base64(std::string_view bytes);
std::string Base64Url(std::string_view bytes);
// Nothing where the text is not well-formed; missing padding is accepted, also by FromBase64.
std::optional<std::string> FromBase64(std::string_view text);
std::optional<std::string> FromBase64Url(std::string_view text);

// Takes as long for unequal texts as for equal ones of that length.
bool EqualInConstantTime(std::string_view a, std::string_view b);

// Fit for keys.
std::string RandomBytes(size_t count);

}  // namespace sluice::crypto
