#include "connectors/csv/csv_writer.h"

#include "value/json.h"

namespace sluice::connectors {

CsvWriter::CsvWriter(CsvFormat format) : format_(std::move(format)) {}

CsvWriter::Need CsvWriter::NeedOf(std::string_view text, size_t at, size_t& size) const {
  const auto here = [&](std::string_view character) {
    if (character.empty() || !text.substr(at).starts_with(character)) return false;
    size = character.size();
    return true;
  };
  const bool none = format_.quoting == CsvFormat::Quoting::kNone;
  size = 1;
  // The reference warns of it: without quotes and an escape character files may be broken.
  if (none && !format_.escape) return Need::kNothing;
  if (format_.escape && here(*format_.escape)) return Need::kEscape;
  if (here(format_.quote)) {
    return format_.double_quotes && !none ? Need::kDouble : Need::kEscape;
  }
  const bool special = here(format_.delimiter) || text[at] == '\n' || text[at] == '\r' ||
                       format_.line_end.find(text[at]) != std::string::npos;
  if (!special) return Need::kNothing;
  return none ? Need::kEscape : Need::kQuotes;
}

void CsvWriter::Field(std::string_view text, bool numeric, std::string& out) {
  if (fields_++ > 0) out += format_.delimiter;
  bool quoted = format_.quoting == CsvFormat::Quoting::kAll ||
                (format_.quoting == CsvFormat::Quoting::kNonNumeric && !numeric);
  scratch_.clear();
  for (size_t at = 0; at < text.size();) {
    size_t size = 1;
    const Need need = NeedOf(text, at, size);
    if (need == Need::kQuotes || need == Need::kDouble) quoted = true;
    if (need == Need::kDouble) scratch_ += format_.quote;
    if (need == Need::kEscape) scratch_ += *format_.escape;
    scratch_ += text.substr(at, size);
    at += size;
  }
  only_empty_ = fields_ == 1 && text.empty() && !quoted;
  if (quoted) out += format_.quote;
  out += scratch_;
  if (quoted) out += format_.quote;
}

void CsvWriter::EndRow(std::string& out) {
  // Without quotes a row of one empty field would be an empty line, which is no row.
  if (fields_ == 1 && only_empty_ && format_.quoting != CsvFormat::Quoting::kNone) {
    out += format_.quote;
    out += format_.quote;
  }
  out += format_.line_end;
}

std::string_view FieldText(const Value& value, std::string& scratch) {
  if (const auto text = value.AsString()) return *text;
  if (value.IsNull()) return {};
  scratch.clear();
  const bool composed = value.IsList() || value.IsDict() || value.kind() == Kind::kTuple;
  WriteJson(value, scratch, {.transit = composed ? Transit::kDecode : Transit::kKeep});
  // A bare text (a URI, a date) comes as a JSON string: nothing in it needs escaping but what is
  // undone here.
  if (composed || scratch.size() < 2 || scratch.front() != '"') return scratch;
  if (value.kind() == Kind::kNi || value.kind() == Kind::kUri) return value.text();
  return std::string_view(scratch).substr(1, scratch.size() - 2);
}

}  // namespace sluice::connectors
