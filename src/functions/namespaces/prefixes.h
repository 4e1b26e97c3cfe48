// Prefixes: the namespaces that the service metadata gives to URIs.

#pragma once

#include <optional>
#include <string_view>

#include "base/arena.h"
#include "dtl/program.h"

namespace sluice::functions {

// The namespace with the longest prefix of the URI, and what follows the prefix.
struct Collapsed {
  std::string_view name;
  std::string_view rest;
};
std::optional<Collapsed> FindPrefix(std::string_view uri, const dtl::Namespaces& namespaces);

// The URI prefix of a namespace.
std::optional<std::string_view> PrefixOf(std::string_view name, const dtl::Namespaces& namespaces);

// A NI's text in two: the separator is the last colon; without one the namespace is empty.
struct SplitNi {
  std::string_view name;
  std::string_view id;
};
SplitNi SplitAtLastColon(std::string_view text);

// "NAME:ID" in the arena; "ID" if the name is empty.
std::string_view JoinNi(std::string_view name, std::string_view id, Arena& arena);

}  // namespace sluice::functions
