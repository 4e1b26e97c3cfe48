// bytes, is-bytes, base64-encode and base64-decode.

#include "crypto/digest.h"
#include "functions/arguments.h"
#include "functions/bytes/bytes.h"
#include "functions/first_value.h"

namespace sluice::functions {

void AddBase64(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "bytes",
      .chapter = "bytes",
      .params = {{"VALUES"}},
      .doc = "Makes bytes of the strings in VALUES: their UTF-8. Bytes stay as they are; other "
             "values are dropped.",
      .examples = {{R"(["bytes", "abc"])", R"("~bYWJj")"}},
      .eval = [](const dtl::Args& args) -> Result<Value> {
        return dtl::MapValues(args, args[0],
                              [](const Value& value) -> Result<std::optional<Value>> {
                                if (value.kind() == Kind::kBytes) return std::optional(value);
                                const auto text = value.AsString();
                                return text ? std::optional(Value::Bytes(*text)) : std::nullopt;
                              });
      },
  });
  catalogue.Add({
      .name = "is-bytes",
      .chapter = "bytes",
      .params = {{"VALUES"}},
      .doc = "True if VALUES is bytes, or a list whose first item is.",
      .examples = {{R"(["is-bytes", ["bytes", "abc"]])", "true"},
                   {R"(["is-bytes", "abc"])", "false"}},
      .eval = FirstValueTest([](const Value& value) { return value.kind() == Kind::kBytes; }),
  });
  catalogue.Add({
      .name = "base64-encode",
      .chapter = "bytes",
      .params = {{"VALUES"}},
      .doc =
          "Writes the bytes in VALUES as base64 strings, with padding; other values are dropped.",
      .examples = {{R"(["base64-encode", ["bytes", "abc"]])", R"("YWJj")"}},
      .eval = [](const dtl::Args& args) -> Result<Value> {
        return dtl::MapValues(
            args, args[0], [&](const Value& value) -> Result<std::optional<Value>> {
              const auto bytes = value.AsBytes();
              if (!bytes) return std::optional<Value>();
              SLUICE_TRY(CheckStringBytes(args, bytes->size() / 3 * 4 + 4));
              return std::optional(Value::String(args.arena().Copy(crypto::Base64(*bytes))));
            });
      },
  });
  catalogue.Add({
      .name = "base64-decode",
      .chapter = "bytes",
      .params = {{"VALUES"}},
      .doc = "Makes bytes of those strings in VALUES that are base64 (padding may be missing); "
             "others are dropped.",
      .examples = {{R"(["base64-decode", "YWJj"])", R"("~bYWJj")"}},
      .eval = [](const dtl::Args& args) -> Result<Value> {
        return dtl::MapValues(
            args, args[0], [&](const Value& value) -> Result<std::optional<Value>> {
              const auto text = value.AsString();
              const auto bytes = text ? crypto::FromBase64(*text) : std::nullopt;
              return bytes ? std::optional(Value::Bytes(args.arena().Copy(*bytes))) : std::nullopt;
            });
      },
  });
}

}  // namespace sluice::functions
