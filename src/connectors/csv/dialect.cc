#include "connectors/csv/dialect.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "connectors/csv/csv_reader.h"

namespace sluice::connectors {
namespace {

constexpr size_t kRowsMax = 100;
constexpr const char* kDelimiters[] = {",", ";", "\t", "|"};

using Rows = std::vector<std::vector<std::string>>;

// The whole rows of a sample; a last one that is cut is left out.
Rows ReadRows(std::string_view sample, Dialect dialect) {
  CsvReader reader(std::move(dialect));
  reader.Feed(sample);
  Rows rows;
  std::vector<std::string_view> fields;
  while (rows.size() < kRowsMax) {
    auto next = reader.Next(fields);
    if (!next.ok() || !*next) break;
    rows.emplace_back(fields.begin(), fields.end());
  }
  return rows;
}

struct Score {
  double same = 0;    // The share of rows with the most frequent number of fields.
  size_t fields = 0;  // That number.
};

Score Rate(const Rows& rows) {
  if (rows.empty()) return {};
  std::map<size_t, size_t> counts;
  for (const auto& row : rows) ++counts[row.size()];
  const auto most =
      std::max_element(counts.begin(), counts.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  Score score{.same = static_cast<double>(most->second) / static_cast<double>(rows.size()),
              .fields = most->first};
  // The first row is the header in most files: it knows how many fields there are.
  if (rows[0].size() != most->first) score.same /= 2;
  return score;
}

std::string GuessDelimiter(std::string_view sample) {
  std::string best = ",";
  Score best_score;
  for (const char* delimiter : kDelimiters) {
    const Score score = Rate(ReadRows(sample, {.delimiter = delimiter}));
    if (score.fields < 2) continue;
    const bool better = score.same > best_score.same ||
                        (score.same == best_score.same && score.fields > best_score.fields);
    if (!better) continue;
    best = delimiter;
    best_score = score;
  }
  return best;
}

// Whether fields are wrapped in single quotes: each that starts with one ends with one, and there
// are several; and no double quote is at the start of any.
bool HasSingleQuotes(std::string_view sample, const std::string& delimiter) {
  size_t wrapped = 0;
  // A quote character that is in no text: fields come as they are.
  for (const auto& row : ReadRows(sample, {.delimiter = delimiter, .quote = '\0'})) {
    for (const std::string& field : row) {
      if (field.starts_with('"')) return false;
      if (!field.starts_with('\'')) continue;
      if (field.size() < 2 || !field.ends_with('\'')) return false;
      ++wrapped;
    }
  }
  return wrapped >= 2;
}

}  // namespace

Dialect GuessDialect(std::string_view sample, std::string_view delimiter) {
  Dialect dialect;
  dialect.delimiter = delimiter.empty() ? GuessDelimiter(sample) : std::string(delimiter);
  if (HasSingleQuotes(sample, dialect.delimiter)) dialect.quote = '\'';
  return dialect;
}

}  // namespace sluice::connectors
