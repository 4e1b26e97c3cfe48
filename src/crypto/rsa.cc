#include "crypto/rsa.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <optional>

namespace sluice::crypto {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

constexpr int kOaepOverheadBytes = 2 + 2 * 32;  // RFC 8017, 7.1.1, with SHA-256.

enum class Part { kPublic, kPrivate };

// Refuses to ask for a pass phrase on a terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

Key ReadKey(std::string_view pem, Part part) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  EVP_PKEY* key = part == Part::kPublic
                      ? PEM_read_bio_PUBKEY(bio.get(), nullptr, NoPassphrase, nullptr)
                      : PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr);
  return Key(key, EVP_PKEY_free);
}

std::optional<KeyContext> Begin(EVP_PKEY* key, int (*begin)(EVP_PKEY_CTX*)) {
  KeyContext context(EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free);
  const bool ready = context && begin(context.get()) == 1 &&
                     EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1 &&
                     EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha256()) == 1 &&
                     EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), EVP_sha256()) == 1;
  if (!ready) return std::nullopt;
  return context;
}

using Step = int (*)(EVP_PKEY_CTX*, unsigned char*, size_t*, const unsigned char*, size_t);

std::optional<std::string> Run(EVP_PKEY_CTX* context, Step step, std::string_view input) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(input.data());
  size_t size = 0;
  if (step(context, nullptr, &size, bytes, input.size()) != 1) return std::nullopt;
  std::string output(size, '\0');
  if (step(context, reinterpret_cast<unsigned char*>(output.data()), &size, bytes, input.size()) !=
      1) {
    return std::nullopt;
  }
  output.resize(size);
  return output;
}

}  // namespace

struct RsaKey::State {
  Key key;
};

Result<RsaKey> RsaKey::Public(std::string_view pem) {
  Key key = ReadKey(pem, Part::kPublic);
  if (!key || EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) {
    return MakeError(Code::kBadConfig,
                     "expected a public RSA key in PEM (\"-----BEGIN PUBLIC KEY-----\")");
  }
  return RsaKey(std::make_shared<const State>(State{std::move(key)}));
}

Result<RsaKey> RsaKey::Private(std::string_view pem) {
  Key key = ReadKey(pem, Part::kPrivate);
  if (!key || EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) {
    return MakeError(Code::kBadConfig,
                     "expected a private RSA key in PEM without a pass phrase (\"-----BEGIN RSA "
                     "PRIVATE KEY-----\")");
  }
  return RsaKey(std::make_shared<const State>(State{std::move(key)}));
}

Result<std::string> RsaKey::Encrypt(std::string_view plain) const {
  const int most = EVP_PKEY_get_size(state_->key.get()) - kOaepOverheadBytes;
  if (static_cast<int64_t>(plain.size()) > most) {
    return MakeError(Code::kTooLarge,
                     "expected a text of at most {} bytes for this RSA key, found {}", most,
                     plain.size());
  }
  const auto context = Begin(state_->key.get(), EVP_PKEY_encrypt_init);
  auto output = context ? Run(context->get(), EVP_PKEY_encrypt, plain) : std::nullopt;
  if (!output) return MakeError(Code::kInternal, "RSA encryption failed");
  return std::move(*output);
}

Result<std::string> RsaKey::Decrypt(std::string_view bytes) const {
  const auto context = Begin(state_->key.get(), EVP_PKEY_decrypt_init);
  auto output = context ? Run(context->get(), EVP_PKEY_decrypt, bytes) : std::nullopt;
  if (!output) return MakeError(Code::kBadData, "the bytes were not encrypted for this RSA key");
  return std::move(*output);
}

}  // namespace sluice::crypto
