// Environment variables and secrets in configurations: $ENV(name) and $SECRET(name).

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/error.h"
#include "config/issue.h"
#include "config/view.h"

namespace sluice::config {

// The hub's environment variables: one JSON object, kept byte for byte. Immutable; read by any
// thread.
class Environment {
 public:
  // No variables: "{}".
  static std::shared_ptr<const Environment> Empty();
  // An object, or a list of objects of which the last wins; a byte order mark is skipped.
  // kBadConfig otherwise.
  static Result<std::shared_ptr<const Environment>> Parse(std::string bytes,
                                                          const std::string& file = {});

  // What was put, byte for byte.
  std::string_view bytes() const { return bytes_; }
  std::optional<Value> Find(std::string_view name) const;
  std::vector<std::string_view> names() const;

 private:
  Environment() = default;
  std::string bytes_;
  Arena arena_;
  std::map<std::string, Value, std::less<>> variables_;
};

// Replaces $ENV(name) in all strings of a value, at any depth; names of properties stay. A string
// that is one $ENV(name) and nothing else becomes the variable's value of whatever type; inside
// other text strings are inserted as they are and other values as JSON. Values are inserted once:
// what looks like $ENV in them stays. A variable that does not exist is an error at its place, and
// the text stays. $SECRET(name) stays. What comes back views the input, the environment and the
// arena.
Value SubstituteEnvironment(const ConfigView& view, const Environment& environment, Arena& arena,
                            Issues& issues);

// Names of the secrets a value uses, each once, with the place of the first use.
struct SecretUse {
  std::string name;
  std::string at;
};
std::vector<SecretUse> SecretsUsed(const ConfigView& view);

// Finds the value of a secret for a system (its own first, then the global ones); nothing if there
// is none. Called when a system is made, never to show a configuration.
using FindSecret = std::function<Result<std::optional<Value>>(std::string_view name)>;

// Replaces $SECRET(name) as SubstituteEnvironment does $ENV. For making components only: what comes
// back must not be shown, stored or logged. A missing secret is kBadConfig at its place; errors
// never hold a secret.
Result<Value> SubstituteSecrets(const ConfigView& view, const FindSecret& find, Arena& arena);

}  // namespace sluice::config
