// CsvWriter: rows as CSV text, byte for byte as the reference's options say
// (configuration-sinks-csv.rst).

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "value/value.h"

namespace sluice::connectors {

struct CsvFormat {
  enum class Quoting { kMinimal, kAll, kNonNumeric, kNone };
  Quoting quoting = Quoting::kMinimal;
  std::string delimiter = ",";        // One character.
  std::string quote = "\"";           // One character.
  std::optional<std::string> escape;  // One character; nothing: no escaping.
  bool double_quotes = true;
  std::string line_end = "\r\n";
};

// Appends rows of UTF-8 text. Used by one thread at a time.
class CsvWriter {
 public:
  explicit CsvWriter(CsvFormat format);

  void BeginRow() { fields_ = 0; }
  // A field's text; `numeric` says that "non-numeric" quoting leaves it alone.
  void Field(std::string_view text, bool numeric, std::string& out);
  void EndRow(std::string& out);

 private:
  // What a character asks for.
  enum class Need { kNothing, kQuotes, kEscape, kDouble };
  Need NeedOf(std::string_view text, size_t at, size_t& size) const;

  const CsvFormat format_;
  std::string scratch_;
  size_t fields_ = 0;
  bool only_empty_ = false;  // The row so far is one empty field that was not quoted.
};

// The text of a property in a field: strings, numbers, NIs, URIs, dates and the like bare, null as
// nothing, lists and dicts as JSON. Views the value, or `scratch`.
std::string_view FieldText(const Value& value, std::string& scratch);

}  // namespace sluice::connectors
