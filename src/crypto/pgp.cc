#include "crypto/pgp.h"

#include <gpgme.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <optional>

namespace sluice::crypto {
namespace {

using Context = std::unique_ptr<gpgme_context, decltype(&gpgme_release)>;
using Data = std::unique_ptr<gpgme_data, decltype(&gpgme_data_release)>;
using Key = std::unique_ptr<_gpgme_key, decltype(&gpgme_key_unref)>;

Data DataOf(std::string_view text) {
  gpgme_data_t data = nullptr;
  gpgme_data_new_from_mem(&data, text.data(), text.size(), 0);
  return Data(data, gpgme_data_release);
}

Data EmptyData() {
  gpgme_data_t data = nullptr;
  gpgme_data_new(&data);
  return Data(data, gpgme_data_release);
}

std::string TextOf(Data data) {
  size_t size = 0;
  char* bytes = gpgme_data_release_and_get_mem(data.release(), &size);
  std::string text(bytes == nullptr ? "" : std::string(bytes, size));
  gpgme_free(bytes);
  return text;
}

gpgme_error_t GivePassphrase(void* passphrase, const char*, const char*, int previous_was_bad,
                             int descriptor) {
  if (previous_was_bad != 0) return gpgme_error(GPG_ERR_BAD_PASSPHRASE);
  const auto& text = *static_cast<const std::string*>(passphrase);
  gpgme_io_writen(descriptor, text.data(), text.size());
  gpgme_io_writen(descriptor, "\n", 1);
  return 0;
}

// A folder that only we can read, for one keyring.
std::optional<std::string> MakeFolder() {
  std::string path = std::filesystem::temp_directory_path().string() + "/sluice-pgp-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return std::nullopt;
  return path;
}

enum class Part { kPublic, kPrivate };

}  // namespace

struct PgpKey::State {
  std::mutex context_mutex;
  std::string folder;
  std::string passphrase;
  Context context{nullptr, gpgme_release};
  Key key{nullptr, gpgme_key_unref};

  ~State() {
    key.reset();
    context.reset();
    std::error_code ignored;  // A folder that stays behind holds nothing the system's own clean-up
                              // does not reach.
    if (!folder.empty()) std::filesystem::remove_all(folder, ignored);
  }

  Result<void> Open(std::string_view armoured, Part part);
};

Result<void> PgpKey::State::Open(std::string_view armoured, Part part) {
  gpgme_check_version(nullptr);  // Initialises the library; may be called again.
  if (gpgme_engine_check_version(GPGME_PROTOCOL_OpenPGP) != 0) {
    return MakeError(Code::kUnavailable, "GnuPG is not installed (Debian: gpg and gpg-agent)");
  }
  const auto made = MakeFolder();
  if (!made) return MakeError(Code::kIo, "cannot make a folder for a keyring");
  folder = *made;
  gpgme_ctx_t raw = nullptr;
  if (gpgme_new(&raw) != 0) return MakeError(Code::kUnavailable, "GnuPG could not be started");
  context.reset(raw);
  gpgme_set_armor(raw, 1);
  gpgme_set_pinentry_mode(raw, GPGME_PINENTRY_MODE_LOOPBACK);
  gpgme_set_passphrase_cb(raw, GivePassphrase, &passphrase);
  gpgme_ctx_set_engine_info(raw, GPGME_PROTOCOL_OpenPGP, nullptr, folder.c_str());
  const Data data = DataOf(armoured);
  if (gpgme_op_import(raw, data.get()) != 0)
    return MakeError(Code::kBadConfig, "GnuPG cannot read the key");
  const auto* imported = gpgme_op_import_result(raw);
  const bool found = part == Part::kPublic ? imported->considered > 0 : imported->secret_read > 0;
  if (!found || imported->imports == nullptr || imported->imports->fpr == nullptr) {
    return MakeError(
        Code::kBadConfig, "expected a {} PGP key (\"-----BEGIN PGP {} KEY BLOCK-----\")",
        part == Part::kPublic ? "public" : "private", part == Part::kPublic ? "PUBLIC" : "PRIVATE");
  }
  gpgme_key_t raw_key = nullptr;
  if (gpgme_get_key(raw, imported->imports->fpr, &raw_key, part == Part::kPrivate ? 1 : 0) != 0) {
    return MakeError(Code::kBadConfig, "GnuPG cannot use the key");
  }
  key.reset(raw_key);
  return {};
}

Result<PgpKey> PgpKey::Public(std::string_view armoured) {
  auto state = std::make_shared<State>();
  SLUICE_TRY(state->Open(armoured, Part::kPublic));
  return PgpKey(std::move(state));
}

Result<PgpKey> PgpKey::Private(std::string_view armoured, std::string passphrase) {
  auto state = std::make_shared<State>();
  state->passphrase = std::move(passphrase);
  SLUICE_TRY(state->Open(armoured, Part::kPrivate));
  return PgpKey(std::move(state));
}

Result<std::string> PgpKey::Encrypt(std::string_view plain) const {
  const std::lock_guard lock(state_->context_mutex);
  gpgme_key_t keys[] = {state_->key.get(), nullptr};
  const Data input = DataOf(plain);
  Data output = EmptyData();
  const auto failed = gpgme_op_encrypt(state_->context.get(), keys, GPGME_ENCRYPT_ALWAYS_TRUST,
                                       input.get(), output.get());
  if (failed != 0)
    return MakeError(Code::kBadData, "PGP encryption failed: {}", gpgme_strerror(failed));
  return TextOf(std::move(output));
}

Result<std::string> PgpKey::Decrypt(std::string_view message) const {
  const std::lock_guard lock(state_->context_mutex);
  const Data input = DataOf(message);
  Data output = EmptyData();
  const auto failed = gpgme_op_decrypt(state_->context.get(), input.get(), output.get());
  if (failed != 0)
    return MakeError(Code::kBadData, "PGP decryption failed: {}", gpgme_strerror(failed));
  return TextOf(std::move(output));
}

}  // namespace sluice::crypto
