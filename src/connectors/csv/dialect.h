// Dialect: how a CSV file separates and quotes its fields, told or guessed.

#pragma once

#include <string>
#include <string_view>

namespace sluice::connectors {

struct Dialect {
  std::string delimiter = ",";
  char quote = '"';
};

// The dialect of the beginning of a file. Delimiters tried are comma, semicolon, tab and bar: the
// one that gives most rows the same number of fields, at least two, wins; without one it is the
// comma. Quotes are double, unless fields are plainly wrapped in single ones. `delimiter`, where it
// is not empty, is taken as given.
Dialect GuessDialect(std::string_view sample, std::string_view delimiter);

}  // namespace sluice::connectors
