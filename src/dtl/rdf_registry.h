// The RDF registry of the service metadata (deprecations.rst, "The RDF registry"): prefixes of
// URIs, and which of them the properties of a dataset's entities take.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dtl/wildcard.h"
#include "value/value.h"

namespace sluice::dtl {

struct RdfRegistry {
  // One part of a path: a pattern of a name, or nothing for "**", any number of names.
  using Part = std::optional<Wildcard>;

  struct Rule {
    std::string prefix;
    std::vector<Part> path;
  };

  struct Entry {
    // Its own prefixes, those of the entries it includes, and the built-in ones.
    std::map<std::string, std::string, std::less<>> prefixes;
    std::string id_prefix = "_";
    std::vector<Rule> rules;
    std::string safe_characters = "/";  // Beside those that a URI never quotes.

    // The prefix of the property at `path`, outermost name first: that of the first rule that
    // matches its end, and "_" where none does.
    std::string_view PrefixOf(std::span<const std::string_view> path) const;
  };

  // The entry under a key; one with the built-in prefixes only where there is none.
  const Entry& Find(std::string_view key) const;

  std::map<std::string, Entry, std::less<>> entries;
  Entry builtin;
};

// Reads `rdf` of the service metadata, whose form has been checked: what is of another form is
// passed over. Entries that include each other in a circle have all prefixes of the circle.
std::shared_ptr<const RdfRegistry> ReadRdfRegistry(const Value& rdf);

}  // namespace sluice::dtl
