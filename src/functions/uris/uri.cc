// uri, is-uri, url-quote and url-unquote.

#include "functions/arguments.h"
#include "functions/first_value.h"
#include "functions/uris/uris.h"

namespace sluice::functions {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

// RFC 3986, unreserved characters: never quoted.
bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string_view Quote(std::string_view text, std::string_view safe, Arena& arena) {
  char* const start = arena.Allocate(text.size() * 3);
  char* to = start;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsUnreserved(c) || (byte < 0x80 && safe.find(c) != std::string_view::npos)) {
      *to++ = c;
      continue;
    }
    *to++ = '%';
    *to++ = kHex[byte >> 4];
    *to++ = kHex[byte & 15];
  }
  arena.Trim(to);
  return {start, static_cast<size_t>(to - start)};
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The length of the well-formed UTF-8 sequence that `text` begins with; 0 if it begins with none.
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto tail = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  if (byte(0) < 0x80) return 1;
  if (byte(0) >= 0xC2 && byte(0) <= 0xDF) return tail(1) ? 2 : 0;
  if ((byte(0) & 0xF0) == 0xE0) {
    const unsigned point = (byte(0) & 15) << 12 | (byte(1) & 63) << 6 | (byte(2) & 63);
    return tail(1) && tail(2) && point >= 0x800 && (point < 0xD800 || point > 0xDFFF) ? 3 : 0;
  }
  if ((byte(0) & 0xF8) == 0xF0) {
    const unsigned point =
        (byte(0) & 7) << 18 | (byte(1) & 63) << 12 | (byte(2) & 63) << 6 | (byte(3) & 63);
    return tail(1) && tail(2) && tail(3) && point >= 0x10000 && point <= 0x10FFFF ? 4 : 0;
  }
  return 0;
}

// Bytes that are no UTF-8 become U+FFFD: strings are always well-formed.
std::string_view Repair(std::string_view text, Arena& arena) {
  char* const start = arena.Allocate(text.size() * 3);
  char* to = start;
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    to += length > 0 ? text.copy(to, length) : std::string_view("\xEF\xBF\xBD").copy(to, 3);
    text.remove_prefix(length > 0 ? length : 1);
  }
  arena.Trim(to);
  return {start, static_cast<size_t>(to - start)};
}

std::string_view Unquote(std::string_view text, Arena& arena) {
  char* const start = arena.Allocate(text.size());
  char* to = start;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(text[i + 2]) : -1;
    if (low < 0) {
      *to++ = text[i];
      continue;
    }
    *to++ = static_cast<char>(high * 16 + low);
    i += 2;
  }
  arena.Trim(to);
  return Repair({start, static_cast<size_t>(to - start)}, arena);
}

Result<Value> EvaluateQuote(const dtl::Args& args) {
  const bool has_safe = args.size() == 2;
  const auto safe = has_safe ? FirstValue(args[0]).AsString() : std::optional<std::string_view>("");
  if (!safe) return Value::Null();
  return dtl::MapValues(args, args[has_safe ? 1 : 0],
                        [&](const Value& value) -> Result<std::optional<Value>> {
                          const auto text = value.AsString();
                          if (!text) return std::optional<Value>();
                          SLUICE_TRY(CheckStringBytes(args, text->size() * 3));
                          return std::optional(Value::String(Quote(*text, *safe, args.arena())));
                        });
}

}  // namespace

void AddUri(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "uri",
      .chapter = "uris",
      .params = {{"VALUES"}},
      .doc = "Makes URIs of the strings in VALUES, without escaping anything; URIs stay, other "
             "values are dropped.",
      .examples = {{R"(["uri", "http://www.example.org/"])", R"("~rhttp://www.example.org/")"}},
      .eval = [](const dtl::Args& args) -> Result<Value> {
        return dtl::MapValues(args, args[0],
                              [](const Value& value) -> Result<std::optional<Value>> {
                                if (value.kind() == Kind::kUri) return std::optional(value);
                                const auto text = value.AsString();
                                return text ? std::optional(Value::Uri(*text)) : std::nullopt;
                              });
      },
  });
  catalogue.Add({
      .name = "is-uri",
      .chapter = "uris",
      .params = {{"VALUES"}},
      .doc = "True if VALUES is a URI, or a list whose first item is one.",
      .examples = {{R"(["is-uri", ["uri", "foo:bar"]])", "true"},
                   {R"(["is-uri", "foo:bar"])", "false"}},
      .eval = FirstValueTest([](const Value& value) { return value.kind() == Kind::kUri; }),
  });
  catalogue.Add({
      .name = "url-quote",
      .chapter = "uris",
      .params = {{"SAFE_CHARS", dtl::Kind::kString, 0, 1}, {"VALUES"}},
      .doc = "Quotes the strings in VALUES for use in a URL: letters, digits and - . _ ~ stay, and "
             "ASCII characters "
             "that are in SAFE_CHARS; every other byte of the UTF-8 becomes %XX. Other values are "
             "dropped.",
      .examples = {{R"(["url-quote", "/foo bar/baz"])", R"("%2Ffoo%20bar%2Fbaz")"},
                   {R"(["url-quote", "/", "/foo bar/baz"])", R"("/foo%20bar/baz")"}},
      .eval = EvaluateQuote,
  });
  catalogue.Add({
      .name = "url-unquote",
      .chapter = "uris",
      .params = {{"VALUES"}},
      .doc = "Replaces %XX in the strings in VALUES by the bytes they stand for; bytes that are no "
             "UTF-8 become "
             "U+FFFD. A + stays a +. Other values are dropped.",
      .examples = {{R"(["url-unquote", "%2Ffoo%20bar%2Fbaz"])", R"("/foo bar/baz")"}},
      .eval = [](const dtl::Args& args) -> Result<Value> {
        return dtl::MapStrings(args, args[0],
                               [&](auto text) { return Unquote(text, args.arena()); });
      },
  });
}

}  // namespace sluice::functions
