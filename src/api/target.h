// The target of a request: its path and its query, decoded.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace sluice::api {

// Decoded parameters of a query or a form, in any order; a name may come more than once.
class Parameters {
 public:
  Parameters() = default;
  explicit Parameters(std::multimap<std::string, std::string> all) : all_(std::move(all)) {}

  const std::multimap<std::string, std::string>& all() const { return all_; }
  void Add(std::string name, std::string value) { all_.emplace(std::move(name), std::move(value)); }
  bool Has(std::string_view name) const { return Text(name).has_value(); }
  // The first value; nothing if it is missing.
  std::optional<std::string_view> Text(std::string_view name) const;
  std::string_view Text(std::string_view name, std::string_view otherwise) const;

  // Typed reading; a value that cannot be read is kBadRequest and names the parameter. An empty
  // value counts as missing.
  Result<bool> Boolean(std::string_view name,
                       bool otherwise) const;  // true, True, 1 / false, False, 0.
  Result<std::optional<int64_t>> Integer(std::string_view name) const;
  Result<std::optional<uint64_t>> Count(std::string_view name) const;  // An integer from 0.
  Result<std::string_view> Required(std::string_view name) const;

 private:
  std::multimap<std::string, std::string> all_;
};

struct Target {
  // Decoded; split before decoding, so that "%2F" stays within its segment. A trailing slash adds
  // nothing.
  std::vector<std::string> segments;
  Parameters query;
};

// Takes "/a/b?c=d" and "http://host/a/b?c=d". kBadRequest for bad escapes, bytes that are no UTF-8,
// and control characters.
Result<Target> ParseTarget(std::string_view target);
// The body of a form, application/x-www-form-urlencoded.
Result<Parameters> ParseForm(std::string_view text);
// Decodes %XX, and '+' as a space where `plus_is_space`.
enum class Plus { kKeep, kSpace };
Result<std::string> DecodePercent(std::string_view text, Plus plus);

}  // namespace sluice::api
