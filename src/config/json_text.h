// JsonText: places in the text of a JSON document: where it breaks, where a value stands, where
// items begin and end.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::config {

struct SyntaxError {
  size_t offset = 0;
  std::string message;  // "expected ',' or '}', found '"'".
};

// A name that an object has more than once: the pointer to it and where its last one stands.
struct DuplicateName {
  std::string pointer;
  size_t offset = 0;
};

struct CheckedText {
  std::optional<SyntaxError> error;  // The first one.
  std::vector<DuplicateName> duplicates;
};

// Whether a text is one JSON value (RFC 8259) in UTF-8, nested at most limits::kDepthMax deep.
CheckedText CheckJsonText(std::string_view text);

struct TextRange {
  size_t begin = 0;
  size_t end = 0;
};

// The items of a JSON array. The text must be checked; empty where it is no array.
std::vector<TextRange> ArrayItems(std::string_view text);

// Where the value that a JSON pointer names begins; of a property, its name. Where the pointer
// leads nowhere, the nearest enclosing value. The text must be checked.
size_t LocateInText(std::string_view text, std::string_view pointer);

}  // namespace sluice::config
