// concat and join: one string of many.

#include <string>

#include "functions/arguments.h"
#include "functions/sequence.h"
#include "functions/strings/strings.h"

namespace sluice::functions {
namespace {

// Copies parts into an arena, with a separator between them; measured first, so that it is one
// allocation.
class Joiner {
 public:
  explicit Joiner(std::string_view separator) : separator_(separator) {}

  void Measure(std::string_view part) {
    bytes_ += part.size() + (parts_++ == 0 ? 0 : separator_.size());
  }
  uint64_t bytes() const { return bytes_; }

  void Open(Arena& arena) { start_ = end_ = arena.Allocate(bytes_); }
  void Append(std::string_view part) {
    if (end_ != start_ || appended_ != 0) Write(separator_);
    ++appended_;
    Write(part);
  }
  Value Text() const { return Value::String({start_, static_cast<size_t>(end_ - start_)}); }

 private:
  void Write(std::string_view text) {
    if (!text.empty()) std::memcpy(end_, text.data(), text.size());
    end_ += text.size();
  }

  std::string_view separator_;
  uint64_t bytes_ = 0;
  size_t parts_ = 0;
  size_t appended_ = 0;
  char* start_ = nullptr;
  char* end_ = nullptr;
};

// Calls `visit` for each string: arguments and the items of lists, not deeper.
template <class F>
void ForEachString(std::span<const Value> arguments, F&& visit) {
  for (const Value& argument : arguments) {
    if (const auto text = argument.AsString()) {
      visit(*text);
      continue;
    }
    for (const Value& item : argument.items()) {
      if (const auto text = item.AsString()) visit(*text);
    }
  }
}

Result<Value> JoinStrings(const dtl::Args& args, std::string_view separator,
                          std::span<const Value> values) {
  Joiner joiner(separator);
  ForEachString(values, [&](std::string_view text) { joiner.Measure(text); });
  SLUICE_TRY(CheckStringBytes(args, joiner.bytes()));
  joiner.Open(args.arena());
  ForEachString(values, [&](std::string_view text) { joiner.Append(text); });
  return joiner.Text();
}

Result<Value> Join(const dtl::Args& args) {
  const auto separator = args[0].AsString();
  if (!separator || (!args[1].IsString() && !args[1].IsList())) return Value::Null();
  return JoinStrings(args, *separator, args.from(1));
}

}  // namespace

void AddConcat(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "concat",
      .chapter = "strings",
      .params = {{"VALUES", dtl::Kind::kValues, 1, -1}},
      .doc = "Puts the strings in all arguments together into one string. Lists give their items; "
             "what is no string is left out. Without any string the result is the empty string.",
      .examples = {{R"(["concat", "Hello ", "_S.name", "!"])", R"("Hello John!")",
                    R"({"name": "John"})"},
                   {R"(["concat", "a", ["list", "b", 7, "c"], null])", R"("abc")"}},
      .eval = [](const dtl::Args& args) { return JoinStrings(args, "", args.from(0)); },
  });
  catalogue.Add({
      .name = "join",
      .chapter = "strings",
      .params = {{"SEPARATOR", dtl::Kind::kString}, {"VALUES"}},
      .doc =
          "Puts the strings in VALUES together into one string, with SEPARATOR between them. Other "
          "values "
          "are left out. Null if VALUES is neither a string nor a list, or SEPARATOR is no string.",
      .examples = {{R"(["join", "-", ["list", "a", 123, "b"]])", R"("a-b")"},
                   {R"(["join", ", ", ["list"]])", R"("")"}},
      .eval = Join,
  });
}

}  // namespace sluice::functions
