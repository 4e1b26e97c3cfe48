// Errors and results: what input, configuration, disk or network can cause.

#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace sluice {

// What went wrong, for programs. ToString gives the kebab-case name that the API and case files
// show.
enum class Code {
  kBadConfig,     // A configuration document breaks a rule; `at` is a JSON pointer into it.
  kBadData,       // An entity, a request body or another input is malformed.
  kBadRequest,    // A request's parameters are wrong.
  kUnauthorized,  // No valid credentials.
  kForbidden,     // Valid credentials that do not suffice.
  kNotFound,      // What is named does not exist.
  kConflict,      // The state does not allow it now.
  kTooLarge,      // Over a limit of base/limits.h.
  kTimeout,       // A wait ended before the answer came.
  kUnavailable,   // Another system is down, slow or refuses; trying again may help.
  kCancelled,     // A Stop was set.
  kCorrupt,       // Stored bytes contradict their checksum or format.
  kIo,            // The disk or the network failed.
  kNotBuilt,      // Documented, known to validation, but not built in this version.
  kInternal,      // Our own mistake, caught at a boundary.
};

std::string_view ToString(Code code);

// What a failed exchange with another system says about trying again. The pump decides; where
// nothing is said here, its own settings hold, and what is set on the pump itself always wins
// (configuration-systems-url.rst, retry_strategy).
struct RetryAdvice {
  int status = 0;                             // The HTTP status that came; 0 if there was none.
  std::optional<int64_t> retry_after_s = {};  // The answer's Retry-After.
  std::optional<int64_t> max_read_retries = {};
  std::optional<int64_t> read_retry_delay_s = {};
  std::optional<int64_t> write_retry_delay_s = {};
  std::optional<int64_t> max_retries_per_entity = {};
  std::optional<int64_t> max_consecutive_write_errors = {};
  std::optional<int64_t> max_write_errors_in_retry_dataset = {};
  std::optional<int64_t> batch_retries = {};
};

// An error knows its place: `at` is a JSON pointer, a file and line, or empty.
struct Error {
  Code code = Code::kInternal;
  std::string message;
  std::string at;
  std::shared_ptr<const RetryAdvice> retry = {};  // Null: nothing is said.

  // "code at AT: message", for logs and terminals.
  std::string ToText() const;
};

template <class... Args>
Error MakeError(Code code, fmt::format_string<Args...> format, Args&&... args) {
  return Error{.code = code, .message = fmt::format(format, std::forward<Args>(args)...), .at = {}};
}

// A value or an error. The error lies on the heap, so that success costs one pointer.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : value_(std::move(value)) {}                               // NOLINT
  Result(Error error) : error_(std::make_unique<Error>(std::move(error))) {}  // NOLINT
  Result(std::unique_ptr<Error> error) : error_(std::move(error)) {}          // NOLINT
  template <class U>
    requires(std::is_convertible_v<U, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error>)
  Result(U&& value) : value_(std::forward<U>(value)) {}  // NOLINT

  bool ok() const { return error_ == nullptr; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    SLUICE_CHECK(ok());
    return *value_;
  }
  const T& value() const& {
    SLUICE_CHECK(ok());
    return *value_;
  }
  T&& value() && {
    SLUICE_CHECK(ok());
    return std::move(*value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    SLUICE_CHECK(!ok());
    return *error_;
  }
  std::unique_ptr<Error> TakeError() { return std::move(error_); }

 private:
  std::optional<T> value_;
  std::unique_ptr<Error> error_;
};

// Success without a value, or an error.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::make_unique<Error>(std::move(error))) {}  // NOLINT
  Result(std::unique_ptr<Error> error) : error_(std::move(error)) {}          // NOLINT

  bool ok() const { return error_ == nullptr; }
  explicit operator bool() const { return ok(); }
  const Error& error() const {
    SLUICE_CHECK(!ok());
    return *error_;
  }
  std::unique_ptr<Error> TakeError() { return std::move(error_); }

 private:
  std::unique_ptr<Error> error_;
};

#define SLUICE_CONCAT_INNER(a, b) a##b
#define SLUICE_CONCAT(a, b) SLUICE_CONCAT_INNER(a, b)

// SLUICE_TRY(auto x, F()) gives the value or returns the error; SLUICE_TRY(F()) for Result<void>.
#define SLUICE_TRY_1(expression)                            \
  do {                                                      \
    if (auto try_result = (expression); !try_result.ok()) { \
      return try_result.TakeError();                        \
    }                                                       \
  } while (false)
#define SLUICE_TRY_2_NAMED(name, declaration, expression) \
  auto name = (expression);                               \
  if (!name.ok()) return name.TakeError();                \
  declaration = std::move(name).value()
#define SLUICE_TRY_2(declaration, expression) \
  SLUICE_TRY_2_NAMED(SLUICE_CONCAT(try_result_, __COUNTER__), declaration, expression)
#define SLUICE_TRY_PICK(_1, _2, NAME, ...) NAME
// An expression with a comma outside parentheses needs parentheses of its own.
#define SLUICE_TRY(...) SLUICE_TRY_PICK(__VA_ARGS__, SLUICE_TRY_2, SLUICE_TRY_1)(__VA_ARGS__)

}  // namespace sluice
