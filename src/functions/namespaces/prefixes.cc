#include "functions/namespaces/prefixes.h"

namespace sluice::functions {

std::optional<Collapsed> FindPrefix(std::string_view uri, const dtl::Namespaces& namespaces) {
  std::optional<Collapsed> found;
  size_t longest = 0;
  for (const auto& [name, prefix] : namespaces.prefixes) {
    if (prefix.size() <= longest || !uri.starts_with(prefix)) continue;
    longest = prefix.size();
    found = Collapsed{name, uri.substr(prefix.size())};
  }
  return found;
}

std::optional<std::string_view> PrefixOf(std::string_view name, const dtl::Namespaces& namespaces) {
  for (const auto& [known, prefix] : namespaces.prefixes) {
    if (known == name) return prefix;
  }
  return std::nullopt;
}

SplitNi SplitAtLastColon(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {{}, text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

std::string_view JoinNi(std::string_view name, std::string_view id, Arena& arena) {
  return name.empty() ? id : arena.Concat(arena.Concat(name, ":"), id);
}

}  // namespace sluice::functions
