// strip, lstrip and rstrip: without some characters at the ends.

#include "functions/strings/characters.h"
#include "functions/strings/strings.h"

namespace sluice::functions {
namespace {

enum class Ends { kLeft, kRight, kBoth };

template <class F>
std::string_view StripEnds(std::string_view text, Ends ends, const F& drop) {
  if (ends != Ends::kRight) text = StripLeft(text, drop);
  if (ends != Ends::kLeft) text = StripRight(text, drop);
  return text;
}

Result<Value> Strip(const dtl::Args& args, Ends ends) {
  if (args.size() == 1) {
    const auto space = [](std::string_view character) {
      return IsWhitespace(CodePoint(character));
    };
    return dtl::MapStrings(args, args[0],
                           [&](std::string_view text) { return StripEnds(text, ends, space); });
  }
  const auto characters = args[0].AsString();
  if (!characters) return Value::Null();
  // UTF-8 synchronises itself: a character is found only where it stands.
  const auto listed = [&](std::string_view character) {
    return characters->find(character) != std::string_view::npos;
  };
  return dtl::MapStrings(args, args[1],
                         [&](std::string_view text) { return StripEnds(text, ends, listed); });
}

std::vector<dtl::Param> Params() { return {{"CHARACTERS", dtl::Kind::kString, 0, 1}, {"VALUES"}}; }

}  // namespace

void AddStrip(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "lstrip",
      .chapter = "strings",
      .params = Params(),
      .doc = "Removes all leading characters that are in CHARACTERS from each string in VALUES. "
             "Without CHARACTERS that is white space. Other values are left out; null if "
             "CHARACTERS is no string.",
      .examples = {{R"(["lstrip", "  abc "])", R"("abc ")"},
                   {R"(["lstrip", "xy", ["list", "123xyx", "xy456yx"]])",
                    R"(["123xyx", "456yx"])"}},
      .eval = [](const dtl::Args& args) { return Strip(args, Ends::kLeft); },
  });
  catalogue.Add({
      .name = "rstrip",
      .chapter = "strings",
      .params = Params(),
      .doc = "Removes all trailing characters that are in CHARACTERS from each string in VALUES; "
             "otherwise as lstrip.",
      .examples = {{R"(["rstrip", " abc  "])", R"(" abc")"},
                   {R"(["rstrip", "xy", ["list", "123xyx", "xy456yx"]])", R"(["123", "xy456"])"}},
      .eval = [](const dtl::Args& args) { return Strip(args, Ends::kRight); },
  });
  catalogue.Add({
      .name = "strip",
      .chapter = "strings",
      .params = Params(),
      .doc = "Removes all leading and trailing characters that are in CHARACTERS from each string "
             "in VALUES; otherwise as lstrip.",
      .examples = {{R"(["strip", " abc  "])", R"("abc")"},
                   {R"(["strip", "xy", ["list", "123xyx", "xy456yx"]])", R"(["123", "456"])"}},
      .eval = [](const dtl::Args& args) { return Strip(args, Ends::kBoth); },
  });
}

}  // namespace sluice::functions
