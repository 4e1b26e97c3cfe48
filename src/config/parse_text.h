// Parsing of configuration texts, with lines and columns in errors.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/error.h"
#include "config/json_text.h"
#include "value/value.h"

namespace sluice::config {

// Lines and columns count from 1; columns count characters, not bytes.
struct TextPlace {
  size_t line = 1;
  size_t column = 1;
  size_t offset = 0;  // In bytes.
};

// A place moved over `text`.
TextPlace AdvancePlace(TextPlace place, std::string_view text);

// kBadConfig at "FILE:LINE:COLUMN"; without a file, "config.json" is named.
Error PlacedError(std::string_view file, const TextPlace& place, std::string message);

// A byte order mark, which the public client allows and writes, is no part of a text.
std::string_view WithoutByteOrderMark(std::string_view bytes);

struct ParsedText {
  Value root;  // Strings are not decoded as transit.
  std::vector<DuplicateName> duplicates;
};

// Parses one JSON text that begins at `start`; the value lives in `arena` and may view `text`.
Result<ParsedText> ParseText(std::string_view text, std::string_view file, const TextPlace& start,
                             Arena& arena);

}  // namespace sluice::config
