#include "crypto/sealed_box.h"

#include <sodium.h>

#include <utility>

#include "base/check.h"

namespace sluice::crypto {
namespace {

// The first byte of a sealed text: raised when the way of sealing changes.
constexpr char kFormat = 1;
constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char* Unsigned(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* Unsigned(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace

Result<SealedBox> SealedBox::FromKey(std::string key) {
  static_assert(kKeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
  if (sodium_init() < 0) return MakeError(Code::kInternal, "libsodium cannot be initialised");
  if (key.size() != kKeyBytes) {
    return MakeError(Code::kCorrupt, "a sealing key has {} bytes, found {}", kKeyBytes, key.size());
  }
  return SealedBox(std::move(key));
}

// A moved string may leave its bytes behind, so keys are copied and then wiped.
SealedBox::SealedBox(SealedBox&& other) noexcept : key_(other.key_) { other.Wipe(); }

SealedBox& SealedBox::operator=(SealedBox&& other) noexcept {
  if (this == &other) return *this;
  Wipe();
  key_ = other.key_;
  other.Wipe();
  return *this;
}

SealedBox::~SealedBox() { Wipe(); }

void SealedBox::Wipe() {
  sodium_memzero(key_.data(), key_.size());
  key_.clear();
}

std::string SealedBox::Seal(std::string_view plain, std::string_view purpose) const {
  SLUICE_CHECK(key_.size() == kKeyBytes);
  std::string sealed(1 + kNonceBytes + plain.size() + kTagBytes, kFormat);
  unsigned char* nonce = Unsigned(sealed) + 1;
  randombytes_buf(nonce, kNonceBytes);
  unsigned long long size = 0;  // NOLINT: libsodium's type.
  SLUICE_CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(
                   nonce + kNonceBytes, &size, Unsigned(plain), plain.size(), Unsigned(purpose),
                   purpose.size(), nullptr, nonce, Unsigned(key_)) == 0);
  return sealed;
}

Result<std::string> SealedBox::Open(std::string_view sealed, std::string_view purpose) const {
  SLUICE_CHECK(key_.size() == kKeyBytes);
  if (sealed.size() < 1 + kNonceBytes + kTagBytes || sealed.front() != kFormat) {
    return MakeError(Code::kCorrupt, "this is no sealed text of format {}",
                     static_cast<int>(kFormat));
  }
  const std::string_view nonce = sealed.substr(1, kNonceBytes);
  const std::string_view box = sealed.substr(1 + kNonceBytes);
  std::string plain(box.size() - kTagBytes, '\0');
  unsigned long long size = 0;  // NOLINT: libsodium's type.
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(Unsigned(plain), &size, nullptr, Unsigned(box),
                                                 box.size(), Unsigned(purpose), purpose.size(),
                                                 Unsigned(nonce), Unsigned(key_)) != 0) {
    return MakeError(Code::kCorrupt,
                     "a sealed text cannot be opened: it was sealed with another key, for another "
                     "purpose, or has been changed");
  }
  return plain;
}

}  // namespace sluice::crypto
