// encrypt and decrypt: symmetric, with a password.

#include "crypto/fernet.h"
#include "functions/arguments.h"
#include "functions/encryption/encryption.h"
#include "functions/sequence.h"
#include "value/json.h"

namespace sluice::functions {
namespace {

// The key of a literal password is worked out once.
Result<dtl::Eval> BindKey(const dtl::Call& call,
                          Result<Value> (*body)(const dtl::Args&, std::string_view key)) {
  if (call.IsConstant(0)) {
    const auto password = call.Constant(0).AsString();
    if (!password) return call.Fail(0, "expected a key, a string");
    return dtl::Eval([body, key = crypto::FernetKeyOf(*password)](const dtl::Args& args) {
      return body(args, key);
    });
  }
  return dtl::Eval([body](const dtl::Args& args) -> Result<Value> {
    const auto password = FirstValue(args[0]).AsString();
    return password ? body(args, crypto::FernetKeyOf(*password)) : Value::Null();
  });
}

Result<Value> Encrypt(const dtl::Args& args, std::string_view key) {
  if (args[1].IsNull()) return Value::Null();
  const std::string plain = ToJson(args[1], {.metadata = false});
  SLUICE_TRY(CheckStringBytes(args, plain.size() * 2));
  return Value::Bytes(args.arena().Copy(crypto::FernetEncrypt(plain, key)));
}

Result<Value> Decrypt(const dtl::Args& args, std::string_view key) {
  return dtl::MapValues(args, args[1], [&](const Value& value) -> Result<std::optional<Value>> {
    const auto token = value.AsBytes();
    if (!token) return std::optional<Value>();
    SLUICE_TRY(const std::string plain, crypto::FernetDecrypt(*token, key));
    SLUICE_TRY(const Value decrypted, JsonParser().Parse(plain, args.arena()));
    return std::optional(decrypted);
  });
}

}  // namespace

void AddSymmetric(dtl::Catalogue& catalogue) {
  using enum dtl::Kind;
  catalogue.Add({
      .name = "encrypt",
      .chapter = "encryption",
      .params = {{"KEY", kString}, {"VALUES", kValues}},
      .doc = "Encrypts VALUES as one whole, a list too, into bytes: a Fernet token over its JSON, "
             "with the SHA-256 of "
             "KEY as key. The same values and key give the same bytes, so an entity that has not "
             "changed is not "
             "written again, and equal values can be told. Null stays null.",
      .examples = {{R"(["decrypt", "secret", ["encrypt", "secret", ["list", "a", "b", "c"]]])",
                    R"(["a", "b", "c"])"},
                   {R"(["is-bytes", ["encrypt", "secret", "a"]])", "true"}},
      .bind = [](const dtl::Call& call) { return BindKey(call, Encrypt); },
  });
  catalogue.Add({
      .name = "decrypt",
      .chapter = "encryption",
      .params = {{"KEY", kString}, {"VALUES", kValues}},
      .doc = "Gives back what encrypt made into bytes with the same KEY. What is no bytes is "
             "dropped; bytes that were "
             "made with another key, or altered, are an error.",
      .examples = {{R"(["decrypt", "secret", ["encrypt", "secret", 7]])", "7"},
                   {R"(["decrypt", "secret", "no bytes"])", "null"}},
      .bind = [](const dtl::Call& call) { return BindKey(call, Decrypt); },
  });
}

}  // namespace sluice::functions
