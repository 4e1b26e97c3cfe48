// replace: strings by strings, one or several at once.

#include <algorithm>
#include <array>
#include <string>

#include "functions/arguments.h"
#include "functions/strings/characters.h"
#include "functions/strings/strings.h"

namespace sluice::functions {
namespace {

struct Replacement {
  std::string_view from;
  std::string_view to;
};

// Walks a text once from the left. Where several strings match, the longest is replaced; what was
// put in is not looked at again, so the order of the replacements does not matter.
class Replacer {
 public:
  explicit Replacer(std::vector<Replacement> replacements)
      : replacements_(std::move(replacements)) {
    std::erase_if(replacements_, [](const Replacement& one) { return one.from.empty(); });
    std::sort(replacements_.begin(), replacements_.end(),
              [](const Replacement& a, const Replacement& b) {
                if (a.from.front() != b.from.front()) return Byte(a.from) < Byte(b.from);
                return a.from.size() > b.from.size();
              });
    for (const auto& one : replacements_) ++first_[Byte(one.from) + 1u];
    for (size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
  }

  // Calls `keep` for what stays and for what is put in, in order.
  template <class F>
  void Walk(std::string_view text, F&& keep) const {
    size_t kept = 0;
    for (size_t at = 0; at < text.size();) {
      const Replacement* const found = Find(text.substr(at));
      if (found == nullptr) {
        ++at;
        continue;
      }
      keep(text.substr(kept, at - kept));
      keep(found->to);
      at += found->from.size();
      kept = at;
    }
    keep(text.substr(kept));
  }

 private:
  static size_t Byte(std::string_view text) { return static_cast<unsigned char>(text.front()); }

  const Replacement* Find(std::string_view text) const {
    const size_t byte = Byte(text);
    for (size_t i = first_[byte]; i < first_[byte + 1]; ++i) {
      if (text.starts_with(replacements_[i].from)) return &replacements_[i];
    }
    return nullptr;
  }

  std::vector<Replacement> replacements_;
  std::array<size_t, 257> first_ = {};  // Where the replacements that start with a byte begin.
};

// An empty string stands before every character and at the end.
template <class F>
void WalkBetween(std::string_view text, std::string_view to, F&& keep) {
  keep(to);
  for (; !text.empty(); text.remove_prefix(FirstCharacter(text).size())) {
    keep(FirstCharacter(text));
    keep(to);
  }
}

// Measures, asks, then writes what `walk` keeps.
template <class F>
Result<Value> ReplaceValues(const dtl::Args& args, const Value& values, F&& walk) {
  return dtl::MapValues(args, values, [&](const Value& value) -> Result<std::optional<Value>> {
    const auto text = value.AsString();
    if (!text) return std::optional<Value>();
    uint64_t bytes = 0;
    walk(*text, [&](std::string_view part) { bytes += part.size(); });
    SLUICE_TRY(CheckStringBytes(args, bytes));
    char* const out = args.arena().Allocate(bytes);
    char* end = out;
    walk(*text, [&](std::string_view part) { end = std::copy(part.begin(), part.end(), end); });
    return std::optional(Value::String({out, static_cast<size_t>(end - out)}));
  });
}

std::vector<Replacement> ReplacementsOf(const Value& dict) {
  std::vector<Replacement> replacements;
  for (const Property& property : dict.properties()) {
    const auto to = property.value.AsString();
    if (to) replacements.push_back({property.name, *to});
  }
  return replacements;
}

Result<Value> ReplaceAll(const dtl::Args& args, const Value& values, const Replacer& replacer) {
  return ReplaceValues(args, values,
                       [&](std::string_view text, auto keep) { replacer.Walk(text, keep); });
}

Result<Value> ReplaceByDict(const dtl::Args& args) {
  if (!args[0].IsDict()) return Value::Null();
  return ReplaceAll(args, args[1], Replacer(ReplacementsOf(args[0])));
}

Result<Value> ReplaceOne(const dtl::Args& args) {
  const auto from = args[0].AsString();
  const auto to = args[1].AsString();
  if (!from || !to) return Value::Null();
  if (from->empty()) {
    return ReplaceValues(args, args[2],
                         [&](std::string_view text, auto keep) { WalkBetween(text, *to, keep); });
  }
  return ReplaceValues(args, args[2], [&](std::string_view text, auto keep) {
    size_t start = 0;
    for (size_t at; (at = text.find(*from, start)) != std::string_view::npos;
         start = at + from->size()) {
      keep(text.substr(start, at - start));
      keep(*to);
    }
    keep(text.substr(start));
  });
}

Result<dtl::Eval> Bind(const dtl::Call& call) {
  if (call.size() == 2) {
    if (!call.IsConstant(0)) return dtl::Eval(ReplaceByDict);
    const Value dict = call.Constant(0);
    if (!dict.IsDict()) {
      return call.Fail(0, "expected a dict of replacements, or OLD_STRING, NEW_STRING and VALUES");
    }
    auto replacer = std::make_shared<const Replacer>(ReplacementsOf(dict));
    return dtl::Eval(
        [replacer](const dtl::Args& args) { return ReplaceAll(args, args[1], *replacer); });
  }
  for (const size_t i : {0, 1}) {
    if (call.IsConstant(i) && !call.Constant(i).IsString()) {
      return call.Fail(
          i, fmt::format("expected a string, found {}", ToString(call.Constant(i).kind())));
    }
  }
  return dtl::Eval(ReplaceOne);
}

}  // namespace

void AddReplace(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "replace",
      .chapter = "strings",
      .params = {{"REPLACEMENTS or OLD_STRING"},
                 {"NEW_STRING", dtl::Kind::kValues, 0, 1},
                 {"VALUES"}},
      .doc = "Replaces OLD_STRING by NEW_STRING everywhere in each string in VALUES; or, with a "
             "dict, its keys by their values. With a dict the text is read once from the left, "
             "the longest key wins, and what was put in is not replaced again. Other values are "
             "left out. Null if the strings or the dict are of another type.",
      .examples = {{R"(["replace", "http://", "https://", "http://www.sesam.io/"])",
                    R"("https://www.sesam.io/")"},
                   {R"(["replace", {"Hello": "HELLO", "world": "WORLD"}, "Hello world!"])",
                    R"("HELLO WORLD!")"}},
      .bind = Bind,
  });
}

}  // namespace sluice::functions
