// Wildcard: patterns with '*' (any characters, also none) and '?' (one character), matched against
// a whole text.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::dtl {

// Immutable after construction; may be read by any thread. Every text is a valid pattern.
class Wildcard {
 public:
  explicit Wildcard(std::string_view pattern);

  // Characters are Unicode code points. Linear in the product of both lengths at worst, without
  // recursion.
  bool Matches(std::string_view text) const;
  // Whether the pattern has no wildcard character, so that only its own text matches.
  bool IsLiteral() const { return literal_; }
  // Whether the pattern is "*".
  bool IsAny() const { return pattern_ == "*"; }
  const std::string& pattern() const { return pattern_; }

 private:
  std::string pattern_;
  bool literal_;
};

}  // namespace sluice::dtl
