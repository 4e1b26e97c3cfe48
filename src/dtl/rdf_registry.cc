#include "dtl/rdf_registry.h"

#include <array>
#include <set>

namespace sluice::dtl {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kBuiltin = {{
    {"_", "http://example.org/"},
    {"rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"},
    {"rdfs", "http://www.w3.org/2000/01/rdf-schema#"},
    {"owl", "http://www.w3.org/2002/07/owl#"},
    {"xsd", "http://www.w3.org/2001/XMLSchema#"},
    {"skos", "http://www.w3.org/2004/02/skos/core#"},
    {"foaf", "http://xmlns.com/foaf/0.1/"},
    {"wgs84", "http://www.w3.org/2003/01/geo/wgs84_pos#"},
    {"dc", "http://purl.org/dc/elements/1.1/"},
    {"dcterms", "http://purl.org/dc/terms/"},
    {"gs", "http://www.opengis.net/ont/geosparql#"},
}};

// The prefixes of an entry and of all that it includes; what is nearer wins.
void CollectPrefixes(const Value& rdf, std::string_view key, std::set<std::string>& visited,
                     std::map<std::string, std::string, std::less<>>& prefixes) {
  if (!visited.emplace(key).second) return;
  const Value entry = rdf.Find(key);
  for (const Property& prefix : entry.Find("prefixes").properties()) {
    if (const auto uri = prefix.value.AsString())
      prefixes.try_emplace(std::string(prefix.name), *uri);
  }
  for (const Value& included : entry.Find("prefix_includes").items()) {
    if (const auto name = included.AsString()) CollectPrefixes(rdf, *name, visited, prefixes);
  }
}

std::vector<RdfRegistry::Part> ReadPath(const Value& parts) {
  std::vector<RdfRegistry::Part> path;
  for (const Value& part : parts.items()) {
    const auto text = part.AsString();
    if (!text) continue;
    path.push_back(*text == "**" ? RdfRegistry::Part() : Wildcard(*text));
  }
  return path;
}

RdfRegistry::Entry ReadEntry(const Value& rdf, std::string_view key) {
  RdfRegistry::Entry entry;
  std::set<std::string> visited;
  CollectPrefixes(rdf, key, visited, entry.prefixes);
  for (const auto& [name, uri] : kBuiltin) entry.prefixes.try_emplace(std::string(name), uri);
  const Value document = rdf.Find(key);
  if (const auto safe = document.Find("quote_safe_characters").AsString()) {
    entry.safe_characters = *safe;
  }
  const Value rules = document.Find("prefix_rules");
  if (const auto id = rules.Find("id").AsString()) entry.id_prefix = *id;
  // Pairs in one flat list: a prefix and a path.
  std::optional<std::string> prefix;
  for (const Value& item : rules.Find("properties").items()) {
    if (const auto text = item.AsString()) {
      prefix = *text;
    } else if (prefix && item.IsList()) {
      auto path = ReadPath(item);
      if (!path.empty()) entry.rules.push_back({.prefix = *prefix, .path = std::move(path)});
      prefix.reset();
    }
  }
  return entry;
}

// Whether the parts match the last names. Linear in the product of both at worst.
bool MatchesEnd(std::span<const RdfRegistry::Part> parts, std::span<const std::string_view> names) {
  size_t part = 0;
  size_t name = 0;
  // Where to go on behind the last "**" and the names it has taken; a path begins with one.
  size_t after_any = 0;
  size_t behind_any = 0;
  while (name < names.size()) {
    if (part < parts.size() && !parts[part]) {
      after_any = ++part;
      behind_any = name;
    } else if (part < parts.size() && parts[part]->Matches(names[name])) {
      ++part;
      ++name;
    } else {
      part = after_any;
      name = ++behind_any;
    }
  }
  while (part < parts.size() && !parts[part]) ++part;
  return part == parts.size();
}

}  // namespace

std::string_view RdfRegistry::Entry::PrefixOf(std::span<const std::string_view> path) const {
  for (const Rule& rule : rules) {
    if (MatchesEnd(rule.path, path)) return rule.prefix;
  }
  return "_";
}

const RdfRegistry::Entry& RdfRegistry::Find(std::string_view key) const {
  const auto found = entries.find(key);
  return found == entries.end() ? builtin : found->second;
}

std::shared_ptr<const RdfRegistry> ReadRdfRegistry(const Value& rdf) {
  auto registry = std::make_shared<RdfRegistry>();
  registry->builtin = ReadEntry(Value(), "");
  for (const Property& entry : rdf.properties()) {
    if (entry.value.IsDict()) {
      registry->entries.emplace(entry.name, ReadEntry(rdf, entry.name));
    }
  }
  return registry;
}

}  // namespace sluice::dtl
