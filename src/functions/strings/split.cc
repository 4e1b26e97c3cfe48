// split: strings into lists of strings.

#include "functions/arguments.h"
#include "functions/sequence.h"
#include "functions/strings/characters.h"
#include "functions/strings/strings.h"

namespace sluice::functions {
namespace {

void SplitCharacters(std::string_view text, ListBuilder& out) {
  while (!text.empty()) {
    const auto character = FirstCharacter(text);
    out.Add(Value::String(character));
    text.remove_prefix(character.size());
  }
}

void SplitBy(std::string_view text, std::string_view separator, ListBuilder& out) {
  size_t start = 0;
  for (size_t at; (at = text.find(separator, start)) != std::string_view::npos;
       start = at + separator.size()) {
    out.Add(Value::String(text.substr(start, at - start)));
  }
  out.Add(Value::String(text.substr(start)));
}

// Words between white space; none is empty.
void SplitWords(std::string_view text, ListBuilder& out) {
  const auto is_space = [](std::string_view character) {
    return IsWhitespace(CodePoint(character));
  };
  const auto is_word = [&](std::string_view character) { return !is_space(character); };
  for (text = StripLeft(text, is_space); !text.empty(); text = StripLeft(text, is_space)) {
    const auto rest = StripLeft(text, is_word);
    out.Add(Value::String(text.substr(0, text.size() - rest.size())));
    text = rest;
  }
}

template <class F>
Result<Value> SplitValues(const dtl::Args& args, const Value& values, F&& split) {
  if (!values.IsString() && !values.IsList()) return Value::Null();
  ListBuilder out(args.arena());
  for (const Value& value : ValuesOf(values, args.arena())) {
    const auto text = value.AsString();
    if (!text) continue;
    // A part takes a value, and there are at most as many as bytes.
    SLUICE_TRY(args.evaluation().CountBytes(text->size()));
    split(*text, out);
  }
  return out.List();
}

Result<Value> Split(const dtl::Args& args) {
  if (args.size() == 1) return SplitValues(args, args[0], SplitWords);
  const auto separator = args[0].AsString();
  if (!separator) return Value::Null();
  if (separator->empty()) return SplitValues(args, args[1], SplitCharacters);
  return SplitValues(args, args[1], [&](std::string_view text, ListBuilder& out) {
    SplitBy(text, *separator, out);
  });
}

}  // namespace

void AddSplit(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "split",
      .chapter = "strings",
      .params = {{"SEPARATOR", dtl::Kind::kString, 0, 1}, {"VALUES"}},
      .doc = "Cuts the strings in VALUES at each SEPARATOR and gives all parts as one list; empty "
             "parts are kept. The empty separator cuts between all characters; without SEPARATOR "
             "the parts are the words between white space. Other values are left out. Null if "
             "VALUES is neither a string nor a list, or SEPARATOR is no string.",
      .examples = {{R"(["split", "-", "a-b-c"])", R"(["a", "b", "c"])"},
                   {R"(["split", "", ["list", "ab", "c"]])", R"(["a", "b", "c"])"},
                   {R"(["split", " one  two "])", R"(["one", "two"])"}},
      .eval = Split,
  });
}

}  // namespace sluice::functions
