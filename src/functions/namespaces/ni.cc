// ni, is-ni, ni-id and ni-ns: namespaced identifiers.

#include "dtl/evaluation.h"
#include "functions/first_value.h"
#include "functions/namespaces/namespaces.h"
#include "functions/namespaces/prefixes.h"
#include "functions/sequence.h"
#include "value/relations.h"

namespace sluice::functions {
namespace {

// The identifier of a URI is what follows its last '/' or '#'.
SplitNi SplitUri(std::string_view uri) {
  const size_t end = uri.find_last_of("/#");
  if (end == std::string_view::npos) return SplitAtLastColon(uri);
  return {uri.substr(0, end + 1), uri.substr(end + 1)};
}

// A namespace for a prefix that the metadata does not know: the pipe's id and a number made of the
// prefix, so that the same prefix has the same name in every run and on every hub.
std::string_view GeneratedNamespace(std::string_view prefix, dtl::Evaluation& evaluation) {
  const uint32_t number = static_cast<uint32_t>(EqualityHash(Value::String(prefix)));
  return evaluation.arena().Copy(fmt::format("{}-{:08x}", evaluation.pipe_id(), number));
}

std::string_view CollapseUri(std::string_view uri, dtl::Evaluation& evaluation) {
  if (const auto known = FindPrefix(uri, evaluation.namespaces())) {
    return JoinNi(known->name, known->rest, evaluation.arena());
  }
  const auto [prefix, id] = SplitUri(uri);
  return JoinNi(GeneratedNamespace(prefix, evaluation), id, evaluation.arena());
}

Result<Value> MakeNi(const dtl::Args& args) {
  const bool has_namespace = args.size() == 2;
  const auto name =
      has_namespace ? FirstValue(args[0]).AsString() : std::optional<std::string_view>("");
  if (!name) return Value::Null();
  return dtl::MapValues(args, args[has_namespace ? 1 : 0],
                        [&](const Value& value) -> Result<std::optional<Value>> {
                          if (const auto text = value.AsString())
                            return std::optional(Value::Ni(JoinNi(*name, *text, args.arena())));
                          const auto uri = value.AsUri();
                          if (!uri || has_namespace) return std::optional<Value>();
                          return std::optional(Value::Ni(CollapseUri(*uri, args.evaluation())));
                        });
}

// The body of ni-id and ni-ns.
template <class F>
dtl::Eval SplitBody(F part) {
  return [part](const dtl::Args& args) -> Result<Value> {
    return dtl::MapValues(args, args[0], [&](const Value& value) -> Result<std::optional<Value>> {
      const auto text = value.kind() == Kind::kNi ? value.AsNi() : value.AsString();
      return text ? std::optional(Value::String(part(SplitAtLastColon(*text)))) : std::nullopt;
    });
  };
}

}  // namespace

void AddNi(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "ni",
      .chapter = "namespaces",
      .params = {{"NAMESPACE", dtl::Kind::kString, 0, 1}, {"VALUES"}},
      .doc = "Makes namespaced identifiers of the strings in VALUES, in NAMESPACE if it is given, "
             "as they are "
             "otherwise. Without NAMESPACE URIs are taken too: the longest prefix that the service "
             "metadata has in "
             "namespaces.default becomes its namespace; of other URIs the part up to the last / or "
             "# becomes a "
             "namespace made of the pipe's id and a number. Other values are dropped.",
      .examples = {{R"(["ni", "foo", "bar"])", R"("~:foo:bar")"},
                   {R"(["ni", "bar"])", R"("~:bar")"}},
      .eval = MakeNi,
      .purity = dtl::Purity::kContext,
  });
  catalogue.Add({
      .name = "is-ni",
      .chapter = "namespaces",
      .params = {{"VALUES"}},
      .doc = "True if VALUES is a namespaced identifier, or a list whose first item is one.",
      .examples = {{R"(["is-ni", ["ni", "foo:bar"]])", "true"},
                   {R"(["is-ni", "foo:bar"])", "false"}},
      .eval = FirstValueTest([](const Value& value) { return value.kind() == Kind::kNi; }),
  });
  catalogue.Add({
      .name = "ni-id",
      .chapter = "namespaces",
      .params = {{"VALUES"}},
      .doc = "The identifiers of the namespaced identifiers and strings in VALUES: what follows "
             "the last colon. Other "
             "values are dropped.",
      .examples = {{R"(["ni-id", "~:foo:bar"])", R"("bar")"}, {R"(["ni-id", "bar"])", R"("bar")"}},
      .eval = SplitBody([](const SplitNi& ni) { return ni.id; }),
  });
  catalogue.Add({
      .name = "ni-ns",
      .chapter = "namespaces",
      .params = {{"VALUES"}},
      .doc = "The namespaces of the namespaced identifiers and strings in VALUES: what stands "
             "before the last colon, "
             "empty if there is none. Other values are dropped.",
      .examples = {{R"(["ni-ns", "~:foo:bar"])", R"("foo")"}, {R"(["ni-ns", "foo"])", R"("")"}},
      .eval = SplitBody([](const SplitNi& ni) { return ni.name; }),
  });
}

}  // namespace sluice::functions
