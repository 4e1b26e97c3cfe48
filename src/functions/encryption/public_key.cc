// encrypt-pki, decrypt-pki, encrypt-pgp and decrypt-pgp: with the key of somebody else.

#include <string>

#include "crypto/pgp.h"
#include "crypto/rsa.h"
#include "functions/arguments.h"
#include "functions/encryption/encryption.h"
#include "functions/sequence.h"

namespace sluice::functions {
namespace {

using crypto::PgpKey;
using crypto::RsaKey;

std::string Text(const Value& value) {
  return std::string(FirstValue(value).AsString().value_or(""));
}

// Reads the key of a call's first `count` arguments: once where they are literals, else at each
// call.
template <class Key>
Result<dtl::Eval> BindKey(const dtl::Call& call, size_t count,
                          Result<Key> (*read)(const std::vector<std::string>&),
                          Result<Value> (*body)(const dtl::Args&, const Key&)) {
  bool constant = true;
  std::vector<std::string> texts;
  for (size_t i = 0; i < count; ++i) {
    constant = constant && call.IsConstant(i);
    texts.push_back(Text(call.Constant(i)));
  }
  if (constant) {
    auto key = read(texts);
    if (!key.ok()) return call.Fail(0, key.error().message);
    return dtl::Eval(
        [body, key = std::move(*key)](const dtl::Args& args) { return body(args, key); });
  }
  return dtl::Eval([count, read, body](const dtl::Args& args) -> Result<Value> {
    std::vector<std::string> found;
    for (size_t i = 0; i < count; ++i) {
      const auto text = FirstValue(args[i]).AsString();
      if (!text) return Value::Null();
      found.emplace_back(*text);
    }
    auto key = read(found);
    if (!key.ok()) return MakeError(Code::kBadData, "{}", key.error().message);
    return body(args, *key);
  });
}

using Mapped = Result<std::optional<Value>>;

Result<Value> EncryptRsa(const dtl::Args& args, const RsaKey& key) {
  return dtl::MapValues(args, args[1], [&](const Value& value) -> Mapped {
    const auto text = value.AsString();
    if (!text) return std::optional<Value>();
    SLUICE_TRY(const std::string bytes, key.Encrypt(*text));
    return std::optional(Value::Bytes(args.arena().Copy(bytes)));
  });
}

Result<Value> DecryptRsa(const dtl::Args& args, const RsaKey& key) {
  return dtl::MapValues(args, args[1], [&](const Value& value) -> Mapped {
    const auto bytes = value.AsBytes();
    if (!bytes) return std::optional<Value>();
    SLUICE_TRY(const std::string text, key.Decrypt(*bytes));
    return std::optional(Value::String(args.arena().Copy(text)));
  });
}

Result<Value> EncryptPgp(const dtl::Args& args, const PgpKey& key) {
  return dtl::MapValues(args, args[1], [&](const Value& value) -> Mapped {
    const auto text = value.AsString();
    if (!text) return std::optional<Value>();
    SLUICE_TRY(const std::string message, key.Encrypt(*text));
    return std::optional(Value::String(args.arena().Copy(message)));
  });
}

Result<Value> DecryptPgp(const dtl::Args& args, const PgpKey& key) {
  return dtl::MapValues(args, args[2], [&](const Value& value) -> Mapped {
    const auto message = value.AsString();
    if (!message) return std::optional<Value>();
    SLUICE_TRY(const std::string text, key.Decrypt(*message));
    return std::optional(Value::String(args.arena().Copy(text)));
  });
}

Result<RsaKey> ReadRsaPublic(const std::vector<std::string>& texts) {
  return RsaKey::Public(texts[0]);
}
Result<RsaKey> ReadRsaPrivate(const std::vector<std::string>& texts) {
  return RsaKey::Private(texts[0]);
}
Result<PgpKey> ReadPgpPublic(const std::vector<std::string>& texts) {
  return PgpKey::Public(texts[0]);
}
Result<PgpKey> ReadPgpPrivate(const std::vector<std::string>& texts) {
  return PgpKey::Private(texts[0], texts[1]);
}

}  // namespace

void AddPublicKey(dtl::Catalogue& catalogue) {
  using enum dtl::Kind;
  catalogue.Add({
      .name = "encrypt-pki",
      .chapter = "encryption",
      .params = {{"PUBLIC_KEY", kString}, {"VALUES", kValues}},
      .doc = "Encrypts the strings in VALUES into bytes with an RSA public key (PEM): OAEP with "
             "SHA-256. Other values "
             "are dropped; a string that is too long for the key (190 bytes with 2048 bits) is an "
             "error. The bytes "
             "differ each time, so a pipe that uses it is not exact.",
      .examples = {{R"(["encrypt-pki", "_S.key", null])", "null"}},
      .bind =
          [](const dtl::Call& call) { return BindKey<RsaKey>(call, 1, ReadRsaPublic, EncryptRsa); },
      .purity = dtl::Purity::kNondeterministic,
  });
  catalogue.Add({
      .name = "decrypt-pki",
      .chapter = "encryption",
      .params = {{"PRIVATE_KEY", kString}, {"VALUES", kValues}},
      .doc = "Gives back the strings that encrypt-pki made into bytes, with the RSA private key "
             "(PEM) that belongs to "
             "the public one. What is no bytes is dropped; bytes for another key are an error.",
      .examples = {{R"(["decrypt-pki", "_S.key", null])", "null"}},
      .bind =
          [](const dtl::Call& call) {
            return BindKey<RsaKey>(call, 1, ReadRsaPrivate, DecryptRsa);
          },
  });
  catalogue.Add({
      .name = "encrypt-pgp",
      .chapter = "encryption",
      .params = {{"PUBLIC_KEY", kString}, {"VALUES", kValues}},
      .doc = "Encrypts the strings in VALUES into armoured OpenPGP messages with a PGP public key. "
             "Other values are "
             "dropped. The messages differ each time, so a pipe that uses it is not exact.",
      .examples = {{R"(["encrypt-pgp", "_S.key", null])", "null"}},
      .bind =
          [](const dtl::Call& call) { return BindKey<PgpKey>(call, 1, ReadPgpPublic, EncryptPgp); },
      .purity = dtl::Purity::kNondeterministic,
  });
  catalogue.Add({
      .name = "decrypt-pgp",
      .chapter = "encryption",
      .params = {{"PRIVATE_KEY", kString}, {"PASSPHRASE", kString}, {"VALUES", kValues}},
      .doc = "Reads the armoured OpenPGP messages in VALUES with a PGP private key and its pass "
             "phrase. What is no "
             "string is dropped; a message for another key, or a wrong pass phrase, is an error.",
      .examples = {{R"(["decrypt-pgp", "_S.key", "", null])", "null"}},
      .bind =
          [](const dtl::Call& call) {
            return BindKey<PgpKey>(call, 2, ReadPgpPrivate, DecryptPgp);
          },
  });
}

}  // namespace sluice::functions
