#include "config/json_text.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/limits.h"
#include "config/view.h"

namespace sluice::config {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// The length of the UTF-8 character at the beginning of `text`; 0 where there is none. Surrogates
// and longer forms than needed are none.
size_t CharacterBytes(std::string_view text) {
  const auto byte = [&](size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const auto follows = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!follows(1) || !follows(2)) return 0;
    const unsigned code = (first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    return code < 0x800 || (code >= 0xD800 && code <= 0xDFFF) ? 0 : 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    const unsigned code = (first & 0x07) << 18 | (byte(1) & 0x3F) << 12;
    return code < 0x10000 || code > 0x10FFFF ? 0 : 4;
  }
  return 0;
}

// Checks one text, top down. The nesting limit bounds its recursion.
class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  CheckedText Run() {
    if (Value(0)) {
      SkipSpace();
      if (at_ != text_.size()) Fail("the end");
    }
    return std::move(checked_);
  }

 private:
  struct Step {
    std::string_view name;  // Raw, in an object.
    size_t index = 0;       // In an array, where the name's data is null.
  };
  struct Name {
    std::string_view raw;
    size_t offset;
  };

  bool Value(size_t depth) {
    SkipSpace();
    if (depth > limits::kDepthMax) {
      return FailWith(fmt::format("values are nested deeper than {}", limits::kDepthMax));
    }
    if (at_ == text_.size()) return Fail("a value");
    switch (text_[at_]) {
      case '{':
        return Object(depth);
      case '[':
        return Array(depth);
      case '"':
        return String();
      case 't':
        return Word("true");
      case 'f':
        return Word("false");
      case 'n':
        return Word("null");
      default:
        return Number();
    }
  }

  bool Object(size_t depth) {
    ++at_;
    SkipSpace();
    if (Take('}')) return true;
    std::vector<Name> names;
    while (true) {
      SkipSpace();
      const size_t begin = at_;
      if (!Peek('"')) return Fail(names.empty() ? "a property name or '}'" : "a property name");
      if (!String()) return false;
      names.push_back({text_.substr(begin + 1, at_ - begin - 2), begin});
      SkipSpace();
      if (!Take(':')) return Fail("':'");
      path_.push_back({names.back().raw, 0});
      if (!Value(depth + 1)) return false;
      path_.pop_back();
      SkipSpace();
      if (Take('}')) break;
      if (!Take(',')) return Fail("',' or '}'");
    }
    FindDuplicates(names);
    return true;
  }

  bool Array(size_t depth) {
    ++at_;
    SkipSpace();
    if (Take(']')) return true;
    for (size_t index = 0;; ++index) {
      path_.push_back({{}, index});
      if (!Value(depth + 1)) return false;
      path_.pop_back();
      SkipSpace();
      if (Take(']')) return true;
      if (!Take(',')) return Fail("',' or ']'");
    }
  }

  bool String() {
    const size_t begin = at_++;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c == '\\') {
        if (!Escape()) return false;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        return Fail("an escaped character (\\n, \\t, \\u00XX)");
      } else {
        const size_t bytes = CharacterBytes(text_.substr(at_));
        if (bytes == 0) return FailWith("this is not UTF-8");
        at_ += bytes;
      }
    }
    at_ = begin;
    return FailWith("the string that begins here has no closing '\"'");
  }

  bool Escape() {
    ++at_;
    if (at_ == text_.size()) return Fail("an escape");
    const char c = text_[at_];
    if (std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos) {
      ++at_;
      return true;
    }
    if (c != 'u') return Fail("one of \" \\ / b f n r t u after '\\'");
    ++at_;
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_ == text_.size() || !IsHexDigit(text_[at_])) return Fail("a hexadecimal digit");
    }
    return true;
  }

  bool Word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return Fail("a value");
    at_ += word.size();
    return true;
  }

  bool Number() {
    const bool negative = Take('-');
    if (!AtDigit()) return Fail(negative ? "a digit" : "a value");
    if (!Take('0')) Digits();
    if (AtDigit()) return FailWith("a number does not begin with 0");
    if (Take('.')) {
      if (!AtDigit()) return Fail("a digit");
      Digits();
    }
    if (Peek('e') || Peek('E')) {
      ++at_;
      if (Peek('+') || Peek('-')) ++at_;
      if (!AtDigit()) return Fail("a digit");
      Digits();
    }
    return true;
  }

  void FindDuplicates(std::vector<Name>& names) {
    std::stable_sort(names.begin(), names.end(),
                     [](const Name& a, const Name& b) { return a.raw < b.raw; });
    for (size_t i = 1; i < names.size(); ++i) {
      if (names[i].raw != names[i - 1].raw) continue;
      if (i + 1 < names.size() && names[i + 1].raw == names[i].raw) continue;
      std::string pointer;
      for (const Step& step : path_) {
        pointer =
            AppendToPointer(pointer, step.name.data() != nullptr ? std::string(step.name)
                                                                 : std::to_string(step.index));
      }
      checked_.duplicates.push_back({AppendToPointer(pointer, names[i].raw), names[i].offset});
    }
  }

  bool Fail(std::string_view expected) {
    return FailWith(fmt::format("expected {}, found {}", expected, Found()));
  }

  bool FailWith(std::string message) {
    checked_.error = SyntaxError{at_, std::move(message)};
    return false;
  }

  std::string Found() const {
    if (at_ == text_.size()) return "the end";
    const std::string_view rest = text_.substr(at_);
    const size_t bytes = CharacterBytes(rest);
    if (bytes == 0) return "bytes that are not UTF-8";
    if (bytes == 1 && (static_cast<unsigned char>(rest[0]) < 0x20 || rest[0] == 0x7F)) {
      if (rest[0] == '\n' || rest[0] == '\r') return "the end of the line";
      return fmt::format("the control character U+{:04X}", static_cast<unsigned char>(rest[0]));
    }
    return fmt::format("'{}'", rest.substr(0, bytes));
  }

  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }
  bool Peek(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool AtDigit() const { return at_ < text_.size() && IsDigit(text_[at_]); }
  void Digits() {
    while (AtDigit()) ++at_;
  }
  bool Take(char c) {
    if (!Peek(c)) return false;
    ++at_;
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<Step> path_;
  CheckedText checked_;
};

// Walks a checked text.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) { SkipSpace(); }

  size_t at() const { return at_; }
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  // To the first item or name, or to the closing bracket.
  void Enter() {
    ++at_;
    SkipSpace();
  }
  bool AtClose() const { return here() == ']' || here() == '}' || at_ >= text_.size(); }

  // Behind a name and its colon, to the value. Gives the raw name.
  std::string_view Name() {
    const size_t begin = at_ + 1;
    SkipString();
    const std::string_view name = text_.substr(begin, at_ - begin - 1);
    SkipSpace();
    ++at_;
    SkipSpace();
    return name;
  }

  // Behind a value; gives where it ended. Then to the next item, name or closing bracket.
  size_t SkipValue() {
    size_t depth = 0;
    do {
      const char c = here();
      if (c == '"') {
        SkipString();
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at_;
      if (depth == 0 && c != '}' && c != ']') SkipWord();
    } while (depth != 0 && at_ < text_.size());
    const size_t end = at_;
    SkipSpace();
    if (here() == ',') Enter();
    return end;
  }

 private:
  void SkipString() {
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    ++at_;
  }
  void SkipWord() {
    while (at_ < text_.size() && !IsSpace(here()) && here() != ',' && here() != ']' &&
           here() != '}') {
      ++at_;
    }
  }
  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }

  std::string_view text_;
  size_t at_ = 0;
};

std::string Unescape(std::string_view token) {
  std::string name;
  for (size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1')) {
      name.push_back(token[++i] == '0' ? '~' : '/');
    } else {
      name.push_back(token[i]);
    }
  }
  return name;
}

}  // namespace

CheckedText CheckJsonText(std::string_view text) { return Checker(text).Run(); }

std::vector<TextRange> ArrayItems(std::string_view text) {
  std::vector<TextRange> items;
  Walker walker(text);
  if (walker.here() != '[') return items;
  walker.Enter();
  while (!walker.AtClose()) {
    const size_t begin = walker.at();
    items.push_back({begin, walker.SkipValue()});
  }
  return items;
}

size_t LocateInText(std::string_view text, std::string_view pointer) {
  Walker walker(text);
  size_t place = walker.at();
  while (!pointer.empty()) {
    const size_t slash = pointer.find('/', 1);
    const std::string token = Unescape(pointer.substr(1, slash - 1));
    pointer = slash == std::string_view::npos ? std::string_view() : pointer.substr(slash);
    const bool object = walker.here() == '{';
    if (!object && walker.here() != '[') return place;
    walker.Enter();
    size_t found = std::string_view::npos;
    Walker inside = walker;
    for (size_t index = 0; !walker.AtClose(); ++index) {
      const size_t begin = walker.at();
      const bool match = object ? walker.Name() == token : std::to_string(index) == token;
      // Of a name that comes twice the last one counts.
      if (match) {
        found = begin;
        inside = walker;
        if (!object) break;
      }
      walker.SkipValue();
    }
    if (found == std::string_view::npos) return place;
    place = found;
    walker = inside;
  }
  return place;
}

}  // namespace sluice::config
