// concat and join: one string of many.

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "functions/arguments.h"
#include "functions/sequence.h"
#include "functions/strings/strings.h"

namespace sluice::functions {
namespace {

// Calls `visit` for each string: arguments and the items of lists, not deeper.
template <class F>
void ForEachString(std::span<const Value> arguments, F&& visit) {
  for (const Value& argument : arguments) {
    if (argument.IsString()) {
      visit(argument.text());
      continue;
    }
    if (argument.IsNull()) continue;
    for (const Value& item : argument.items()) {
      if (item.IsString()) visit(item.text());
    }
  }
}

// Most parts are short: loads that overlap are cheaper than a call.
inline char* Append(std::string_view part, char* to) {
  const size_t size = part.size();
  const char* const from = part.data();
  const auto copy = [&]<class T>(T) {
    T head, tail;
    std::memcpy(&head, from, sizeof head);
    std::memcpy(&tail, from + size - sizeof tail, sizeof tail);
    std::memcpy(to, &head, sizeof head);
    std::memcpy(to + size - sizeof tail, &tail, sizeof tail);
  };
  if (size > 16) {
    std::memcpy(to, from, size);
  } else if (size >= 8) {
    copy(uint64_t{});
  } else if (size >= 4) {
    copy(uint32_t{});
  } else if (size >= 2) {
    copy(uint16_t{});
  } else if (size == 1) {
    *to = *from;
  }
  return to + size;
}

Value Concat(const dtl::Args& args) {
  uint64_t bytes = 0;
  ForEachString(args.from(0), [&](std::string_view part) { bytes += part.size(); });
  if (auto checked = CheckStringBytes(args, bytes); !checked.ok()) [[unlikely]] {
    return args.Fail(checked.TakeError());
  }
  char* const start = args.arena().Allocate(bytes);
  char* end = start;
  ForEachString(args.from(0), [&](std::string_view part) { end = Append(part, end); });
  return Value::String({start, bytes});
}

Result<Value> Join(const dtl::Args& args) {
  const auto separator = args[0].AsString();
  if (!separator || (!args[1].IsString() && !args[1].IsList())) return Value::Null();
  // A list's items are found once where they are few.
  constexpr size_t kFew = 16;
  std::array<std::string_view, kFew> few;
  size_t count = 0;
  uint64_t bytes = 0;
  ForEachString(args.from(1), [&](std::string_view part) {
    if (count < kFew) few[count] = part;
    bytes += part.size() + (count++ == 0 ? 0 : separator->size());
  });
  SLUICE_TRY(CheckStringBytes(args, bytes));
  char* const start = args.arena().Allocate(bytes);
  char* end = start;
  bool first = true;
  const auto append = [&](std::string_view part) {
    if (!first) end = Append(*separator, end);
    first = false;
    end = Append(part, end);
  };
  if (count <= kFew) {
    for (size_t i = 0; i < count; ++i) append(few[i]);
  } else {
    ForEachString(args.from(1), append);
  }
  return Value::String({start, bytes});
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
      .eval = [](const dtl::Args& args) { return Concat(args); },
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
      .eval = [](const dtl::Args& args) { return Join(args); },
  });
}

}  // namespace sluice::functions
