#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>

#include "base/check.h"

namespace sluice::crypto {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const EVP_MD* MethodOf(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kMd5:
      return EVP_md5();
    case Algorithm::kSha1:
      return EVP_sha1();
    case Algorithm::kSha224:
      return EVP_sha224();
    case Algorithm::kSha256:
      return EVP_sha256();
    case Algorithm::kSha384:
      return EVP_sha384();
    case Algorithm::kSha512:
      return EVP_sha512();
  }
  return nullptr;
}

const unsigned char* Unsigned(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string Encode(std::string_view bytes, std::string_view alphabet, bool padding) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const uint32_t group =
        Unsigned(bytes)[i] << 16 | Unsigned(bytes)[i + 1] << 8 | Unsigned(bytes)[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) text.push_back(alphabet[group >> shift & 63]);
  }
  const size_t left = bytes.size() - i;
  if (left == 0) return text;
  const uint32_t group = Unsigned(bytes)[i] << 16 | (left == 2 ? Unsigned(bytes)[i + 1] << 8 : 0);
  text.push_back(alphabet[group >> 18 & 63]);
  text.push_back(alphabet[group >> 12 & 63]);
  if (left == 2) text.push_back(alphabet[group >> 6 & 63]);
  if (padding) text.append(left == 2 ? "=" : "==");
  return text;
}

std::array<int8_t, 256> TableOf(std::string_view alphabet) {
  std::array<int8_t, 256> table;
  table.fill(-1);
  for (size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<int8_t>(i);
  }
  return table;
}

std::optional<std::string> Decode(std::string_view text, const std::array<int8_t, 256>& table) {
  size_t end = text.size();
  while (end > 0 && text.size() - end < 2 && text[end - 1] == '=') --end;
  const bool padded = end != text.size();
  if ((padded && text.size() % 4 != 0) || end % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(end / 4 * 3 + 2);
  uint32_t group = 0;
  int bits = 0;
  for (const char c : text.substr(0, end)) {
    const int8_t digit = table[static_cast<unsigned char>(c)];
    if (digit < 0) return std::nullopt;
    group = group << 6 | static_cast<uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<char>(group >> bits & 0xFF));
  }
  // Bits left over must be zero, else two texts would stand for the same bytes.
  if ((group & ((1U << bits) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::optional<Algorithm> AlgorithmOf(std::string_view name) {
  if (name == "md5") return Algorithm::kMd5;
  if (name == "sha1") return Algorithm::kSha1;
  if (name == "sha224") return Algorithm::kSha224;
  if (name == "sha256") return Algorithm::kSha256;
  if (name == "sha384") return Algorithm::kSha384;
  if (name == "sha512") return Algorithm::kSha512;
  return std::nullopt;
}

std::string Digest(Algorithm algorithm, std::string_view bytes) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  SLUICE_CHECK(EVP_Digest(bytes.data(), bytes.size(),
                          reinterpret_cast<unsigned char*>(digest.data()), &size,
                          MethodOf(algorithm), nullptr) == 1);
  digest.resize(size);
  return digest;
}

std::string Hmac(Algorithm algorithm, std::string_view key, std::string_view bytes) {
  std::string code(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  // HMAC takes a null key for "the one of before": an empty key needs an address.
  const char* key_bytes = key.empty() ? "" : key.data();
  SLUICE_CHECK(HMAC(MethodOf(algorithm), key_bytes, static_cast<int>(key.size()), Unsigned(bytes),
                    bytes.size(), reinterpret_cast<unsigned char*>(code.data()), &size) != nullptr);
  code.resize(size);
  return code;
}

std::string Hex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    text.push_back(kHexDigits[static_cast<unsigned char>(c) >> 4]);
    text.push_back(kHexDigits[static_cast<unsigned char>(c) & 15]);
  }
  return text;
}

std::optional<std::string> FromHex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high << 4 | low));
  }
  return bytes;
}

std::string Base64(std::string_view bytes) { return Encode(bytes, kStandard, true); }

std::string Base64Url(std::string_view bytes) { return Encode(bytes, kUrl, false); }

std::optional<std::string> FromBase64(std::string_view text) {
  static const auto table = TableOf(kStandard);
  return Decode(text, table);
}

std::optional<std::string> FromBase64Url(std::string_view text) {
  static const auto table = TableOf(kUrl);
  return Decode(text, table);
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  SLUICE_CHECK(
      RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) == 1);
  return bytes;
}

}  // namespace sluice::crypto
