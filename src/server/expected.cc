#include "server/expected.h"

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "config/document.h"
#include "server/node.h"
#include "value/json.h"
#include "value/number.h"

namespace sluice::server {
namespace {

constexpr std::string_view kSuffix = ".test.json";
constexpr size_t kExactDigits =
    16;  // As many as 2^53 - 1 has: more were lost in the client's own JSON.

std::string_view SkipByteOrderMark(std::string_view text) {
  return text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
}

Result<void> ReadParameters(const config::ConfigView& view, TestSpecification& specification) {
  if (!view.exists() || view.value().IsNull()) return {};
  if (!view.value().IsDict()) return view.Fail("expected an object, found {}", view.Describe());
  for (const auto& [name, value] : view.value().properties()) {
    const auto text = value.AsString();
    specification.parameters.emplace(std::string(name), text ? std::string(*text) : ToJson(value));
  }
  return {};
}

Result<std::vector<std::string>> ReadStrings(const config::ConfigView& view) {
  std::vector<std::string> strings;
  if (!view.value().IsList())
    return view.Fail("expected a list of strings, found {}", view.Describe());
  for (uint32_t i = 0; i < view.value().count(); ++i) {
    SLUICE_TRY(const auto text, view[static_cast<size_t>(i)].String());
    strings.emplace_back(text);
  }
  return strings;
}

// What verify makes of the hub's entities before it compares them.
class Normaliser {
 public:
  Normaliser(const TestSpecification& specification, Arena& arena)
      : specification_(specification), arena_(arena) {
    for (std::string pattern : specification.blacklist) {
      for (size_t at = 0; (at = pattern.find("[].", at)) != std::string::npos; at += 3) {
        pattern.replace(at, 3, ".*.");
      }
      blacklist_.push_back(std::move(pattern));
    }
  }

  Value Run(const Value& value) { return Filter(value, {}); }

 private:
  Value Filter(const Value& value, const std::string& path) {
    if (value.IsList()) {
      Value* const items = arena_.AllocateArray<Value>(value.count());
      size_t count = 0;
      for (const Value& item : value.items()) new (items + count++) Value(Filter(item, path));
      return Value::List({items, count});
    }
    if (!value.IsDict()) return Number(value);
    Property* const properties = arena_.AllocateArray<Property>(value.count());
    size_t count = 0;
    for (const auto& [name, item] : value.properties()) {
      const std::string below = path.empty() ? std::string(name) : path + "." + std::string(name);
      if (IsBlacklisted(below)) continue;
      if (name.starts_with('_')) {
        const bool kept = name == "_id" || (name == "_deleted" && item.AsBoolean() == true);
        if (kept) new (properties + count++) Property{name, Number(item)};
        continue;
      }
      new (properties + count++) Property{name, Filter(item, below)};
    }
    return Value::Dict({properties, count});
  }

  Value Number(const Value& value) {
    if (value.kind() == Kind::kFloat && FloatText(*value.AsFloat()).ends_with(".0")) {
      return Rounded(ToInteger(value, arena_).value_or(value));
    }
    return value.kind() == Kind::kInteger ? Rounded(value) : value;
  }

  // Integers of more than 16 digits, as a double and its shortest text would give them back.
  Value Rounded(const Value& integer) {
    if (ToJson(integer).size() <= kExactDigits) return integer;
    const auto exact = ParseDecimal(FloatText(ToDouble(integer)), arena_);
    return exact ? ToInteger(*exact, arena_).value_or(integer) : integer;
  }

  bool IsBlacklisted(const std::string& path) const {
    return std::any_of(blacklist_.begin(), blacklist_.end(),
                       [&](const std::string& pattern) { return MatchesGlob(pattern, path); });
  }

  const TestSpecification& specification_;
  Arena& arena_;
  std::vector<std::string> blacklist_;
};

std::vector<std::string> SortKey(const TestSpecification& specification, const Value& entity) {
  std::vector<std::string> key;
  for (const auto& field : specification.fields_to_sort_by) {
    const Value value = entity.Find(field);
    const auto text = value.AsString();
    key.push_back(text ? std::string(*text)
                       : ToJson(value, {.transit = Transit::kKeep, .sort_keys = true}));
  }
  key.push_back(ToJson(entity, {.transit = Transit::kKeep, .sort_keys = true}));
  return key;
}

std::string SortedText(const TestSpecification& specification, std::vector<Value> entities,
                       Arena& arena) {
  std::vector<std::pair<std::vector<std::string>, Value>> keyed;
  for (const Value& entity : entities) keyed.emplace_back(SortKey(specification, entity), entity);
  std::stable_sort(keyed.begin(), keyed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (size_t i = 0; i < keyed.size(); ++i) entities[i] = keyed[i].second;
  const Value list = Value::List(arena.CopyArray(std::span<const Value>(entities)));
  return ToJson(list, {.transit = Transit::kKeep, .indent = 2, .sort_keys = true}) + "\n";
}

// The class of characters at pattern[at] == '['; `at` moves behind it. Nothing if it is never
// closed.
std::optional<bool> MatchesClass(std::string_view pattern, size_t& at, char c) {
  const bool negated = at + 1 < pattern.size() && pattern[at + 1] == '!';
  const size_t first = at + (negated ? 2 : 1);
  const size_t close = pattern.find(']', first + 1);
  if (first >= pattern.size() || close == std::string_view::npos) return std::nullopt;
  bool found = false;
  for (size_t i = first; i < close; ++i) {
    if (i + 2 < close && pattern[i + 1] == '-') {
      found = found || (pattern[i] <= c && c <= pattern[i + 2]);
      i += 2;
    } else {
      found = found || pattern[i] == c;
    }
  }
  at = close + 1;
  return found != negated;
}

}  // namespace

bool MatchesGlob(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    size_t next = p + 1;
    bool matches = false;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
      continue;
    }
    if (p < pattern.size() && pattern[p] == '[') {
      size_t behind = p;
      const auto in_class = MatchesClass(pattern, behind, text[t]);
      matches = in_class ? *in_class : text[t] == '[';
      if (in_class) next = behind;
    } else if (p < pattern.size()) {
      matches = pattern[p] == '?' || pattern[p] == text[t];
    }
    if (matches) {
      p = next;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Result<TestSpecification> ReadSpecification(const std::string& path) {
  SLUICE_TRY(const std::string bytes, ReadFile(path, limits::kConfigDocumentBytesMax));
  SLUICE_TRY(const auto document,
             config::Document::Parse(std::string(SkipByteOrderMark(bytes)), path));
  const auto root = document->root();
  TestSpecification specification;
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  specification.path = path;
  specification.name = path.substr(folder.size(), path.size() - folder.size() - kSuffix.size());
  specification.pipe = specification.name;
  std::string file = specification.name + ".json";
  for (auto [name, to] :
       {std::pair{"pipe", &specification.pipe}, std::pair{"file", &file},
        std::pair{"endpoint", &specification.endpoint}, std::pair{"stage", &specification.stage}}) {
    if (!root[name].exists() || root[name].value().IsNull()) continue;
    SLUICE_TRY(const auto text, root[name].String());
    *to = text;
  }
  specification.file = folder + (file.starts_with("expected/") ? file.substr(9) : file);
  specification.ignore = root["ignore"].value().AsBoolean() == true;
  specification.ignore_deletes = root["ignore_deletes"].value().AsBoolean() != false;
  SLUICE_TRY(ReadParameters(root["parameters"], specification));
  if (root["blacklist"].value().IsList()) {
    SLUICE_TRY(specification.blacklist, ReadStrings(root["blacklist"]));
  }
  if (root["fields_to_sort_by"].exists()) {
    SLUICE_TRY(specification.fields_to_sort_by, ReadStrings(root["fields_to_sort_by"]));
  }
  return specification;
}

Result<JsonComparison> CompareJson(const TestSpecification& specification,
                                   std::string_view expected_json,
                                   const std::vector<std::string>& found_json) {
  Arena arena;
  JsonParser parser({.transit = Transit::kKeep});
  SLUICE_TRY(const Value expected, parser.Parse(SkipByteOrderMark(expected_json), arena));
  if (!expected.IsList()) {
    return MakeError(Code::kBadData, "{}: expected a list of entities, found a JSON {}",
                     specification.file, ToString(expected.kind()));
  }
  std::vector<Value> wanted;
  std::set<std::string, std::less<>> expected_deletes;
  for (const Value& entity : expected.items()) {
    wanted.push_back(entity);
    if (entity.Find("_deleted").AsBoolean() != true) continue;
    expected_deletes.emplace(entity.Find("_id").AsString().value_or(""));
  }
  Normaliser normaliser(specification, arena);
  std::vector<Value> found;
  for (const auto& json : found_json) {
    SLUICE_TRY(const Value raw, parser.Parse(json, arena));
    const Value entity = normaliser.Run(raw);
    const bool deleted = entity.Find("_deleted").AsBoolean() == true;
    const auto id = entity.Find("_id").AsString().value_or("");
    if (specification.ignore_deletes && deleted && !expected_deletes.contains(id)) continue;
    found.push_back(entity);
  }
  return JsonComparison{SortedText(specification, std::move(wanted), arena),
                        SortedText(specification, std::move(found), arena)};
}

}  // namespace sluice::server
