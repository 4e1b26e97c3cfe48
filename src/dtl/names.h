// Names: namespaced identifiers, and how transforms and paths read and write the names of
// properties (namespaces.rst; SEMANTICS, "Namespaced identifiers").

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "dtl/program.h"
#include "dtl/wildcard.h"
#include "value/value.h"

namespace sluice::dtl {

// "a:b:c" is the identifier "c" in the namespace "a:b".
struct SplitName {
  std::string_view space;
  std::string_view identifier;
  bool qualified = false;
};
SplitName SplitAtLastColon(std::string_view name);

// The name of the property that `add` and its like write for a name in a rule.
std::string_view WrittenName(std::string_view name, const Namespaces& namespaces, Arena& arena);

// The value of an `_id` that a rule gives: the identity namespace goes before strings that have
// none.
Value WrittenId(const Value& id, const Namespaces& namespaces, Arena& arena);

// A name in a path: one property, or with namespaced identifiers every property with this
// identifier.
struct NameReference {
  std::string name;
  bool any_namespace = false;

  bool Matches(std::string_view property) const;
  bool operator==(const NameReference&) const = default;
};
NameReference ReadName(std::string_view name, const Namespaces& namespaces);

// A pattern of `copy` and `remove`. Immutable.
class NamePattern {
 public:
  NamePattern(std::string_view pattern, const Namespaces& namespaces);

  bool Matches(std::string_view property) const;
  bool IsAny() const { return !space_ && identifier_.IsAny(); }
  // The one name that matches; nothing where several may.
  std::optional<std::string_view> SingleName() const;

 private:
  enum class Scope { kWholeName, kAnyNamespace, kNamespace };
  Scope scope_ = Scope::kWholeName;
  std::optional<Wildcard> space_;
  Wildcard identifier_;
};

}  // namespace sluice::dtl
