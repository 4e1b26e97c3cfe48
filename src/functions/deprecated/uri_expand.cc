// uri-expand: entities with names and ids as URIs, by the RDF registry.

#include <cstring>
#include <vector>

#include "dtl/evaluation.h"
#include "dtl/rdf_registry.h"
#include "functions/deprecated/deprecated.h"
#include "functions/dict_builder.h"
#include "functions/strings/characters.h"

namespace sluice::functions {
namespace {

using Mapped = Result<std::optional<Value>>;
using Entry = dtl::RdfRegistry::Entry;

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// Writes a text in which all but unreserved and safe characters are %XX, byte by byte, and gives
// its end. A safe character may have more than one byte.
char* WriteQuoted(std::string_view text, std::string_view safe, char* to) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  while (!text.empty()) {
    const std::string_view character = FirstCharacter(text);
    text.remove_prefix(character.size());
    const bool stays = (character.size() == 1 && IsUnreserved(character[0])) ||
                       safe.find(character) != std::string_view::npos;
    for (const char c : character) {
      const auto byte = static_cast<unsigned char>(c);
      if (stays) {
        *to++ = c;
      } else {
        *to++ = '%';
        *to++ = kHex[byte >> 4];
        *to++ = kHex[byte & 15];
      }
    }
  }
  return to;
}

// Expands one entity, the objects in it included.
class Expansion {
 public:
  Expansion(const Entry& entry, Arena& arena) : entry_(entry), arena_(arena) {}

  Value Expand(const Value& value) {
    if (value.IsList()) {
      Value* const items = arena_.AllocateArray<Value>(value.count());
      size_t count = 0;
      for (const Value& item : value.items()) new (items + count++) Value(Expand(item));
      return Value::List({items, count});
    }
    if (const auto uri = value.AsUri()) return Value::Uri(ExpandCurie(*uri).value_or(*uri));
    return value.IsDict() ? ExpandDict(value) : value;
  }

 private:
  Value ExpandDict(const Value& dict) {
    DictBuilder built(arena_, dict.count());
    for (const Property& property : dict.properties()) {
      path_.push_back(property.name);
      const Value value = Expand(property.value);
      const std::string_view name = ExpandName(property.name);
      path_.pop_back();
      if (property.name == "_id" && value.IsString()) {
        built.Set(name, Value::String(Expanded(value.text(), entry_.id_prefix)));
      } else {
        built.Set(name, value);
      }
    }
    return built.Dict();
  }

  std::string_view ExpandName(std::string_view name) const {
    if (name.starts_with('_') || name.starts_with('$')) return name;
    return Expanded(name, entry_.PrefixOf(path_));
  }

  // "<prefix:rest>" is a CURIE already; other texts take the prefix and are quoted.
  std::string_view Expanded(std::string_view text, std::string_view prefix) const {
    if (text.starts_with('<') && text.ends_with('>') && text.size() >= 2) {
      const auto uri = ExpandCurie(text.substr(1, text.size() - 2));
      return uri ? arena_.Concat(arena_.Concat("<", *uri), ">") : text;
    }
    const auto known = entry_.prefixes.find(prefix);
    const std::string_view start =
        known == entry_.prefixes.end() ? arena_.Concat(prefix, ":") : known->second;
    char* const uri = arena_.Allocate(start.size() + text.size() * 3 + 2);
    *uri = '<';
    std::memcpy(uri + 1, start.data(), start.size());
    char* end = WriteQuoted(text, entry_.safe_characters, uri + 1 + start.size());
    *end++ = '>';
    arena_.Trim(end);
    return {uri, static_cast<size_t>(end - uri)};
  }

  // The URI of "prefix:rest" where the prefix is known.
  std::optional<std::string_view> ExpandCurie(std::string_view curie) const {
    const size_t colon = curie.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto known = entry_.prefixes.find(curie.substr(0, colon));
    if (known == entry_.prefixes.end()) return std::nullopt;
    return arena_.Concat(known->second, curie.substr(colon + 1));
  }

  const Entry& entry_;
  Arena& arena_;
  std::vector<std::string_view> path_;
};

Result<Value> UriExpand(const dtl::Args& args) {
  static const auto none = dtl::ReadRdfRegistry(Value());
  const auto& given = args.evaluation().namespaces().rdf;
  const dtl::RdfRegistry& registry = given ? *given : *none;
  const bool computed = args.size() == 2;
  return dtl::MapValues(args, args[computed ? 1 : 0], [&](const Value& entity) -> Mapped {
    if (!entity.IsDict()) return std::optional<Value>();
    Value key = entity.Find("_dataset");
    if (computed) {
      SLUICE_TRY(key, args.Apply(0, entity));
    }
    if (!key.IsString()) return std::optional<Value>();
    const Entry& entry = registry.Find(key.text());
    return std::optional(Expansion(entry, args.arena()).Expand(entity));
  });
}

}  // namespace

void AddUriExpand(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "uri-expand",
      .chapter = "deprecations",
      .params = {{"FUNCTION", dtl::Kind::kFunction, 0, 1}, {"ENTITIES"}},
      .doc =
          "Gives the entities with URIs for names and ids, as the entry of the RDF registry says "
          "(rdf in the service metadata) whose key FUNCTION gives for the entity, or without it "
          "the entity's _dataset. Names take the prefix of the first rule that matches, the _id "
          "that of the rules' id, and _ stands for both where no rule says; CURIEs in angle "
          "brackets and URI values are expanded by their own prefix. Names that begin with _ or "
          "$ stay. Entities without a key and other values are dropped; a key that is not in "
          "the registry stands for the built-in prefixes.",
      .examples =
          {{R"(["uri-expand", ["string", "x"], {"_id": "bob", "<foaf:name>": "Bob"}])",
            R"({"_id": "<http://example.org/bob>", "<http://xmlns.com/foaf/0.1/name>": "Bob"})"}},
      .eval = UriExpand,
      .purity = dtl::Purity::kContext,
      .deprecated = "Use namespaced identifiers.",
  });
}

}  // namespace sluice::functions
