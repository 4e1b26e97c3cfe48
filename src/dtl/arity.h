// Arity: which argument of a call belongs to which parameter.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dtl/catalogue.h"

namespace sluice::dtl {

// For each of `count` arguments its parameter; nothing if the function does not take that many.
std::optional<std::vector<const Param*>> MatchParams(const Function& function, size_t count);

// "3 arguments", "1 or 2 arguments", "at least 1 argument": what the function takes, for messages.
std::string ArityText(const Function& function);

}  // namespace sluice::dtl
