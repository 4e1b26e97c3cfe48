#include "dtl/ast.h"

namespace sluice::dtl {

void Uses::Add(const Uses& other) {
  source |= other.source;
  target |= other.target;
  outer |= other.outer;
  current |= other.current;
  context |= other.context;
  nondeterministic |= other.nondeterministic;
  aliases.insert(other.aliases.begin(), other.aliases.end());
}

bool Uses::IsOnlyAlias(int slot) const {
  return !IsFree() && !nondeterministic && aliases.size() == 1 && *aliases.begin() == slot;
}

bool Expr::IsCallOf(std::string_view name) const {
  return type == Type::kCall && function->name == name && !function->transform;
}

}  // namespace sluice::dtl
