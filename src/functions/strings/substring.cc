// substring: a range of characters.

#include <algorithm>

#include "functions/strings/characters.h"
#include "functions/strings/strings.h"

namespace sluice::functions {
namespace {

// A place counted from the end if negative, held within the text.
int64_t Clamp(int64_t index, int64_t length) {
  return std::clamp<int64_t>(index < 0 ? index + length : index, 0, length);
}

std::string_view Cut(std::string_view text, int64_t start, std::optional<int64_t> end) {
  const int64_t length = CountCharacters(text);
  const int64_t from = Clamp(start, length);
  const int64_t to = end ? Clamp(*end, length) : length;
  if (from >= to) return {};
  const auto tail = text.substr(ByteOfCharacter(text, from));
  return tail.substr(0, ByteOfCharacter(tail, to - from));
}

Result<Value> Substring(const dtl::Args& args) {
  const bool has_end = args.size() == 3;
  const auto start = args[0].AsInteger();
  const auto end = has_end ? args[1].AsInteger() : std::nullopt;
  if (!start || (has_end && !end)) return Value::Null();
  return dtl::MapStrings(args, args[has_end ? 2 : 1],
                         [&](std::string_view text) { return Cut(text, *start, end); });
}

}  // namespace

void AddSubstring(dtl::Catalogue& catalogue) {
  using enum dtl::Kind;
  catalogue.Add({
      .name = "substring",
      .chapter = "strings",
      .params = {{"START_INDEX", kInteger}, {"END_INDEX", kInteger, 0, 1}, {"VALUES"}},
      .doc = "The characters of each string in VALUES from START_INDEX up to, not including, "
             "END_INDEX, counted from 0; without END_INDEX to the end. Negative indexes count "
             "from the end, and those outside the string mean its ends. Other values are left "
             "out; null if an index is no integer.",
      .examples = {{R"(["substring", 2, 4, "abcdef"])", R"("cd")"},
                   {R"(["substring", 2, "abcdef"])", R"("cdef")"},
                   {R"(["substring", -3, -1, "abcdef"])", R"("de")"}},
      .eval = Substring,
  });
}

}  // namespace sluice::functions
