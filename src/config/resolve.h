// Conditions in a configuration: conditional properties, sources, sinks and transforms.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "config/issue.h"
#include "config/view.h"

namespace sluice::config {

// A value that stands elsewhere in the effective configuration than in the document.
struct Moved {
  std::string effective;
  std::string original;
};

// A value and its two places.
struct Placed {
  Value value;
  std::string effective;
  std::string original;
};

// Resolves conditions; variables must be substituted. What cannot be resolved stays as it is, with
// an issue at its place in the document.
class Resolver {
 public:
  Resolver(Arena& arena, std::vector<Moved>& moved, Issues& issues)
      : arena_(arena), moved_(moved), issues_(issues) {}

  // `$conditional_properties` at any depth; the chosen properties replace those beside them. Not in
  // transforms nor in embedded data (environment-variables.rst).
  Value ConditionalProperties(const Value& root);

  // The component that a conditional one stands for, through any number of them; another one as it
  // is.
  Placed Conditional(Placed component);

 private:
  Value Properties(const Placed& place, size_t depth);
  Value Chosen(const Placed& place, const Value& block, size_t depth);
  std::optional<Placed> Alternative(const Value& conditional, const std::string& effective,
                                    const std::string& original);

  Arena& arena_;
  std::vector<Moved>& moved_;
  Issues& issues_;
};

// "a", "b" and "c": names for a message, at most ten.
std::string QuotedNames(const std::vector<std::string_view>& names);
// "Did you mean "x"?", or nothing.
std::string Suggestion(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace sluice::config
