// CsvReader: a stream of CSV text as rows.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "connectors/csv/dialect.h"

namespace sluice::connectors {

// Rows end at \n, \r or \r\n. A field that starts with a quote ends at the next one that is not
// doubled; what comes between that and the delimiter belongs to the field. Empty lines are no rows.
// Used by one thread at a time.
class CsvReader {
 public:
  explicit CsvReader(Dialect dialect);

  // Gives text; it is copied as far as its rows are not complete.
  void Feed(std::string_view text);
  void Finish() { finished_ = true; }

  // The next row's fields, valid until the next call of Next or Feed; false if more text is needed
  // or the end is reached. kBadData at the end of the text within quotes, kTooLarge for a row over
  // the limit.
  Result<bool> Next(std::vector<std::string_view>& fields);

  // The line, from 1, where the last row began.
  uint64_t line() const { return row_line_; }

 private:
  enum class Scan { kRow, kMore };
  struct Field {
    size_t start = 0;
    size_t end = 0;
    bool quoted = false;
  };
  // Finds the fields of the row at `at_`; `end` is where the next row begins.
  Scan FindRow(size_t& end);
  // The end of the field's text: a delimiter, a line end, or the end of what there is.
  size_t SkipPlain(size_t at) const;
  size_t SkipQuoted(size_t at) const;
  std::string_view Text(const Field& field);
  bool IsDelimiter(size_t at) const;

  const Dialect dialect_;
  std::string text_;
  size_t at_ = 0;
  bool finished_ = false;
  bool in_quotes_ = false;  // The text ended within quotes.
  uint64_t line_ = 1;
  uint64_t row_line_ = 1;
  std::vector<Field> found_;
  std::string unquoted_;
};

}  // namespace sluice::connectors
