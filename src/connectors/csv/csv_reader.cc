#include "connectors/csv/csv_reader.h"

#include <algorithm>
#include <cstring>

namespace sluice::connectors {
namespace {

constexpr size_t kRowBytesMax =
    16 * 1024 * 1024;  // A quote that is never closed must not fill memory.
constexpr size_t kNowhere = static_cast<size_t>(-1);

}  // namespace

CsvReader::CsvReader(Dialect dialect) : dialect_(std::move(dialect)) {}

void CsvReader::Feed(std::string_view text) {
  text_.erase(0, at_);
  at_ = 0;
  text_ += text;
}

bool CsvReader::IsDelimiter(size_t at) const {
  const std::string& delimiter = dialect_.delimiter;
  return text_[at] == delimiter[0] && text_.compare(at, delimiter.size(), delimiter) == 0;
}

size_t CsvReader::SkipPlain(size_t at) const {
  while (at < text_.size() && text_[at] != '\n' && text_[at] != '\r' && !IsDelimiter(at)) ++at;
  return at;
}

// `at` is behind the opening quote; gives what is behind the closing one, or kNowhere.
size_t CsvReader::SkipQuoted(size_t at) const {
  while (true) {
    const auto* found =
        static_cast<const char*>(std::memchr(text_.data() + at, dialect_.quote, text_.size() - at));
    if (found == nullptr) return kNowhere;
    at = static_cast<size_t>(found - text_.data()) + 1;
    if (at == text_.size() && !finished_) return kNowhere;  // It may be the first of two.
    if (at == text_.size() || text_[at] != dialect_.quote) return at;
    ++at;
  }
}

CsvReader::Scan CsvReader::FindRow(size_t& end) {
  found_.clear();
  in_quotes_ = false;
  size_t at = at_;
  while (true) {
    Field field{.start = at};
    if (at < text_.size() && text_[at] == dialect_.quote) {
      field.quoted = true;
      at = SkipQuoted(at + 1);
      if (at == kNowhere) {
        in_quotes_ = true;
        return Scan::kMore;
      }
    }
    at = SkipPlain(at);
    field.end = at;
    found_.push_back(field);
    const size_t delimiter_size = dialect_.delimiter.size();
    // A delimiter of several bytes, or \r\n, may be cut at the end of what there is.
    if (!finished_ && at + std::max<size_t>(delimiter_size, 2) > text_.size()) return Scan::kMore;
    if (at < text_.size() && IsDelimiter(at)) {
      at += delimiter_size;
      continue;
    }
    if (at < text_.size()) at += text_.compare(at, 2, "\r\n") == 0 ? 2 : 1;
    end = at;
    return Scan::kRow;
  }
}

std::string_view CsvReader::Text(const Field& field) {
  const std::string_view text =
      std::string_view(text_).substr(field.start, field.end - field.start);
  if (!field.quoted) return text;
  const size_t start = unquoted_.size();
  bool open = true;
  for (size_t i = 1; i < text.size(); ++i) {
    if (open && text[i] == dialect_.quote) {
      if (i + 1 == text.size() || text[i + 1] != dialect_.quote) {
        open = false;
        continue;
      }
      ++i;
    }
    unquoted_ += text[i];
  }
  return std::string_view(unquoted_).substr(start);
}

Result<bool> CsvReader::Next(std::vector<std::string_view>& fields) {
  while (true) {
    if (finished_ && at_ == text_.size()) return false;
    size_t end = 0;
    if (FindRow(end) == Scan::kMore) {
      if (finished_) {
        return MakeError(Code::kBadData, "line {}: a quote is opened and never closed", line_);
      }
      if (text_.size() - at_ > kRowBytesMax) {
        return MakeError(Code::kTooLarge, "line {}: a row of more than {} bytes{}", line_,
                         kRowBytesMax, in_quotes_ ? "; is a quote not closed?" : "");
      }
      return false;
    }
    const size_t start = at_;
    at_ = end;
    row_line_ = line_;
    const std::string_view row = std::string_view(text_).substr(start, end - start);
    line_ += static_cast<uint64_t>(std::count(row.begin(), row.end(), '\n'));
    // A lone \r ends a line too.
    if (row.ends_with('\r')) ++line_;
    if (found_.size() == 1 && !found_[0].quoted && found_[0].start == found_[0].end) continue;
    unquoted_.clear();
    unquoted_.reserve(row.size());  // So that views into it stay.
    fields.clear();
    for (const Field& field : found_) fields.push_back(Text(field));
    return true;
  }
}

}  // namespace sluice::connectors
