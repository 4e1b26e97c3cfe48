// matches: strings against a wildcard pattern.

#include <memory>

#include "dtl/wildcard.h"
#include "functions/sequence.h"
#include "functions/strings/strings.h"

namespace sluice::functions {
namespace {

bool AllMatch(const dtl::Wildcard& pattern, const Value& values, Arena& arena) {
  if (CountValues(values) == 0) return false;
  for (const Value& value : ValuesOf(values, arena)) {
    const auto text = value.AsString();
    if (!text || !pattern.Matches(*text)) return false;
  }
  return true;
}

Result<dtl::Eval> Bind(const dtl::Call& call) {
  if (!call.IsConstant(0)) {
    return dtl::Eval([](const dtl::Args& args) -> Result<Value> {
      const auto pattern = FirstValue(args[0]).AsString();
      return Value::Boolean(pattern && AllMatch(dtl::Wildcard(*pattern), args[1], args.arena()));
    });
  }
  const auto text = FirstValue(call.Constant(0)).AsString();
  if (!text) return call.Fail(0, "expected a pattern: a string");
  auto pattern = std::make_shared<const dtl::Wildcard>(*text);
  return dtl::Eval([pattern](const dtl::Args& args) -> Result<Value> {
    return Value::Boolean(AllMatch(*pattern, args[1], args.arena()));
  });
}

}  // namespace

void AddMatches(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "matches",
      .chapter = "strings",
      .params = {{"PATTERN"}, {"VALUES"}},
      .doc = "True if there is a value in VALUES and all of them are strings that match PATTERN. "
             "In a pattern * stands for any number of characters and ? for one; all else stands "
             "for itself. Of a list of patterns the first is used.",
      .examples = {{R"(["matches", "a*p*a", ["list", "alpha", "alpaca"]])", "true"},
                   {R"(["matches", "a?c", "ac"])", "false"},
                   {R"(["matches", "*", null])", "false"}},
      .bind = Bind,
  });
}

}  // namespace sluice::functions
