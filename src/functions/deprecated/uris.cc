// curie, reference, ni-collapse and ni-expand: deprecated ways to make and read references.

#include "dtl/evaluation.h"
#include "functions/deprecated/deprecated.h"
#include "functions/namespaces/prefixes.h"
#include "functions/sequence.h"

namespace sluice::functions {
namespace {

using Mapped = Result<std::optional<Value>>;

// Unreserved characters of RFC 3986 and '/' stay, as in a path; all other bytes become %XX.
std::string_view QuotePath(std::string_view text, Arena& arena) {
  constexpr std::string_view kSafe = "-._~/";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  char* const start = arena.Allocate(text.size() * 3);
  char* to = start;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (alphanumeric || kSafe.find(c) != std::string_view::npos) {
      *to++ = c;
      continue;
    }
    *to++ = '%';
    *to++ = kHex[byte >> 4];
    *to++ = kHex[byte & 15];
  }
  arena.Trim(to);
  return {start, static_cast<size_t>(to - start)};
}

Result<Value> Curie(const dtl::Args& args) {
  const auto prefix = FirstValue(args[0]).AsString();
  if (!prefix) return Value::Null();
  return dtl::MapValues(args, args[1], [&](const Value& value) -> Mapped {
    const auto text = value.AsString();
    return text ? std::optional(Value::Uri(JoinNi(*prefix, *text, args.arena()))) : std::nullopt;
  });
}

Result<Value> Reference(const dtl::Args& args) {
  const auto dataset = FirstValue(args[0]).AsString();
  if (!dataset) return Value::Null();
  auto& arena = args.arena();
  const auto start = arena.Concat(arena.Concat("sesam:", QuotePath(*dataset, arena)), "/");
  return dtl::MapValues(args, args[1], [&](const Value& value) -> Mapped {
    const auto id = value.AsString();
    return id ? std::optional(Value::Uri(arena.Concat(start, QuotePath(*id, arena))))
              : std::nullopt;
  });
}

Result<Value> Collapse(const dtl::Args& args) {
  return dtl::MapValues(args, args[0], [&](const Value& value) -> Mapped {
    const auto uri = value.kind() == Kind::kUri ? value.AsUri() : value.AsString();
    if (!uri || !(uri->starts_with("http://") || uri->starts_with("https://")))
      return std::optional<Value>();
    const auto known = FindPrefix(*uri, args.evaluation().namespaces());
    return std::optional(Value::Ni(known ? JoinNi(known->name, known->rest, args.arena()) : *uri));
  });
}

Result<Value> Expand(const dtl::Args& args) {
  return dtl::MapValues(args, args[0], [&](const Value& value) -> Mapped {
    const auto ni = value.AsNi();
    if (!ni) return std::optional<Value>();
    const size_t colon = ni->find(':');
    const auto prefix = colon == std::string_view::npos
                            ? std::nullopt
                            : PrefixOf(ni->substr(0, colon), args.evaluation().namespaces());
    return std::optional(
        Value::String(prefix ? args.arena().Concat(*prefix, ni->substr(colon + 1)) : *ni));
  });
}

}  // namespace

void AddDeprecatedUris(dtl::Catalogue& catalogue) {
  using enum dtl::Kind;
  catalogue.Add(
      {.name = "curie",
       .chapter = "deprecations",
       .params = {{"PREFIX", kString}, {"VALUES", kValues}},
       .doc = "Makes a URI PREFIX:VALUE of each string in VALUES; other values are dropped.",
       .examples = {{R"(["curie", "foo", "bar"])", R"("~rfoo:bar")"}},
       .eval = Curie,
       .deprecated = "Use ni."});
  catalogue.Add({.name = "reference",
                 .chapter = "deprecations",
                 .params = {{"DATASET_ID", kString}, {"ENTITY_IDS", kValues}},
                 .doc = "Makes a URI sesam:DATASET/ID, quoted as a path, of each string in "
                        "ENTITY_IDS; other values are "
                        "dropped.",
                 .examples = {{R"(["reference", "foo", "bar"])", R"("~rsesam:foo/bar")"}},
                 .eval = Reference,
                 .deprecated = "Use ni."});
  catalogue.Add({.name = "ni-collapse",
                 .chapter = "deprecations",
                 .params = {{"VALUES"}},
                 .doc = "Makes namespaced identifiers of the http and https URLs (strings or URIs) "
                        "in VALUES, by the "
                        "longest prefix in namespaces.default; without one the whole URL is the "
                        "identifier. Other "
                        "values are dropped.",
                 .examples = {{R"(["ni-collapse", "http://other.example.com/path"])",
                               R"("~:http://other.example.com/path")"}},
                 .eval = Collapse,
                 .purity = dtl::Purity::kContext,
                 .deprecated = "Use ni."});
  catalogue.Add({.name = "ni-expand",
                 .chapter = "deprecations",
                 .params = {{"VALUES"}},
                 .doc = "Writes the namespaced identifiers in VALUES as URLs, by "
                        "namespaces.default; those of other "
                        "namespaces become strings as they are. Other values are dropped.",
                 .examples = {{R"(["ni-expand", "~:unknown:path"])", R"("unknown:path")"}},
                 .eval = Expand,
                 .purity = dtl::Purity::kContext,
                 .deprecated = "Use ni-id and concat."});
}

}  // namespace sluice::functions
