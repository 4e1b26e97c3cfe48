#include "crypto/fernet.h"

#include <openssl/evp.h>

#include <memory>

#include "base/check.h"
#include "crypto/digest.h"

namespace sluice::crypto {
namespace {

constexpr size_t kHalfKeyBytes = 16;  // The first half signs, the second encrypts.
constexpr size_t kVectorBytes = 16;
constexpr size_t kBlockBytes = 16;
constexpr size_t kMacBytes = 32;
constexpr size_t kHeadBytes = 1 + 8 + kVectorBytes;  // Version, time, vector.
constexpr char kVersion = static_cast<char>(0x80);

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* Raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* Raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

enum class Direction { kDecrypt = 0, kEncrypt = 1 };

// AES-128-CBC with PKCS 7 padding; nothing if the padding is wrong.
std::optional<std::string> Aes(Direction direction, std::string_view input, std::string_view key,
                               std::string_view vector) {
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::string output(input.size() + kBlockBytes, '\0');
  int written = 0, last = 0;
  const bool begun = cipher &&
                     EVP_CipherInit_ex(cipher.get(), EVP_aes_128_cbc(), nullptr, Raw(key),
                                       Raw(vector), static_cast<int>(direction)) == 1 &&
                     EVP_CipherUpdate(cipher.get(), Raw(output), &written, Raw(input),
                                      static_cast<int>(input.size())) == 1;
  SLUICE_CHECK(begun);
  if (EVP_CipherFinal_ex(cipher.get(), Raw(output) + written, &last) != 1) return std::nullopt;
  output.resize(static_cast<size_t>(written + last));
  return output;
}

// Base64Url leaves the padding out, which Fernet has.
std::string Padded(std::string text) {
  while (text.size() % 4 != 0) text += '=';
  return text;
}

Error NoToken(const char* what) {
  return MakeError(Code::kBadData, "expected a Fernet token, found {}", what);
}

}  // namespace

std::string FernetKeyOf(std::string_view password) { return Digest(Algorithm::kSha256, password); }

std::string FernetEncrypt(std::string_view plain, std::string_view key) {
  SLUICE_CHECK(key.size() == 2 * kHalfKeyBytes);
  const auto signing = key.substr(0, kHalfKeyBytes);
  const std::string vector = Hmac(Algorithm::kSha256, key, plain).substr(0, kVectorBytes);
  std::string token(1, kVersion);
  token.append(8, '\0');
  token += vector;
  token += Aes(Direction::kEncrypt, plain, key.substr(kHalfKeyBytes), vector).value();
  token += Hmac(Algorithm::kSha256, signing, token);
  return Padded(Base64Url(token));
}

Result<std::string> FernetDecrypt(std::string_view token, std::string_view key) {
  SLUICE_CHECK(key.size() == 2 * kHalfKeyBytes);
  while (token.ends_with('=')) token.remove_suffix(1);
  const auto bytes = FromBase64Url(token);
  if (!bytes || bytes->size() < kHeadBytes + kBlockBytes + kMacBytes ||
      bytes->front() != kVersion) {
    return NoToken("other bytes");
  }
  const std::string_view signed_part =
      std::string_view(*bytes).substr(0, bytes->size() - kMacBytes);
  const std::string_view mac = std::string_view(*bytes).substr(signed_part.size());
  if (!EqualInConstantTime(Hmac(Algorithm::kSha256, key.substr(0, kHalfKeyBytes), signed_part),
                           mac)) {
    return NoToken("one made with another key");
  }
  const auto vector = signed_part.substr(1 + 8, kVectorBytes);
  auto plain =
      Aes(Direction::kDecrypt, signed_part.substr(kHeadBytes), key.substr(kHalfKeyBytes), vector);
  if (!plain) return NoToken("one with wrong padding");
  return std::move(*plain);
}

}  // namespace sluice::crypto
