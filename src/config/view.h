// ConfigView: a place in a configuration document, so that every error knows where it is.

#pragma once

#include <fmt/core.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "value/value.h"

namespace sluice::config {

// A value of a parsed document and the JSON pointer to it. Cheap to copy; the document must outlive
// it. Strings of a document are not decoded as transit ("~:a:b" is a string here).
class ConfigView {
 public:
  ConfigView() = default;
  explicit ConfigView(Value value, std::string pointer = {})
      : value_(value), pointer_(std::move(pointer)) {}

  const Value& value() const& { return value_; }
  Value value() && { return value_; }  // Of a view that ends here: `config["x"].value()`.
  // RFC 6901: "" is the whole document, "/transform/rules/default/2".
  const std::string& pointer() const& { return pointer_; }
  std::string pointer() && { return std::move(pointer_); }
  // False where a property or item that does not exist was asked for.
  bool exists() const { return exists_; }

  // A property or item; one that is missing gives a view that does not exist, with its pointer.
  ConfigView operator[](std::string_view name) const;
  ConfigView operator[](size_t index) const;

  // An error kBadConfig at this place: what was expected, then what was found.
  template <class... Args>
  Error Fail(fmt::format_string<Args...> format, Args&&... args) const {
    Error error = MakeError(Code::kBadConfig, format, std::forward<Args>(args)...);
    error.at = pointer_;
    return error;
  }

  // Typed reading; an error names what was expected and what was found.
  Result<std::string_view> String() const;
  Result<int64_t> Integer() const;
  Result<double> Number() const;
  Result<bool> Boolean() const;

  // "a string", "an integer", "an object", "nothing": what is here, for messages.
  std::string Describe() const;

 private:
  Value value_;
  std::string pointer_;
  bool exists_ = true;
};

// Appends a reference token to a JSON pointer, escaping '~' and '/'.
std::string AppendToPointer(std::string_view pointer, std::string_view token);

// The candidate nearest to `name` (edit distance, at most a third of its length), for suggestions;
// empty if none.
std::string_view Nearest(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace sluice::config
