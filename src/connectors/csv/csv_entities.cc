// From the bytes of a file to entities: encoding, dialect, header, rows.

#include "connectors/csv/csv_source.h"

namespace sluice::connectors {
namespace {

constexpr size_t kSampleBytes = 64 * 1024;  // What the dialect is guessed from.

// "\0" within text would end it for many a program: it is written out.
void EscapeNullBytes(std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\0') {
      escaped += "\\x00";
    } else {
      escaped += c;
    }
  }
  text = std::move(escaped);
}

}  // namespace

Result<CsvEntities> CsvEntities::Open(const CsvSourceOptions& options) {
  using enum CharsetDecoder::OnError;
  const auto on_error = options.decode_error_strategy == "replace" ? kReplace : kStrict;
  SLUICE_TRY(CharsetDecoder decoder, CharsetDecoder::Open(options.encoding, on_error));
  return CsvEntities(options, std::move(decoder));
}

Result<void> CsvEntities::Feed(std::string_view bytes) {
  std::string text;
  finished_ = bytes.empty();
  if (finished_) {
    SLUICE_TRY(decoder_.Finish(text));
  } else {
    SLUICE_TRY(decoder_.Decode(bytes, text));
  }
  SLUICE_TRY(TakeText(text));
  if (reader_) {
    reader_->Feed(text);
  } else {
    sample_ += text;
    if (sample_.size() >= kSampleBytes || finished_) StartReader();
  }
  if (finished_) reader_->Finish();
  return {};
}

Result<void> CsvEntities::TakeText(std::string& text) {
  if (text.find('\0') == std::string::npos) return {};
  if (!options_->escape_null_bytes) {
    return MakeError(Code::kBadData,
                     "the file has null bytes; set \"escape_null_bytes\" to read it nevertheless");
  }
  EscapeNullBytes(text);
  return {};
}

void CsvEntities::StartReader() {
  Dialect dialect;
  if (options_->dialect.empty() && options_->auto_dialect) {
    dialect = GuessDialect(sample_, options_->delimiter);
  } else if (!options_->delimiter.empty()) {
    dialect.delimiter = options_->delimiter;
  } else if (options_->dialect == "excel_tab") {
    dialect.delimiter = "\t";
  }
  reader_.emplace(std::move(dialect));
  reader_->Feed(sample_);
  sample_ = {};
}

// True if the row was the header.
Result<bool> CsvEntities::TakeHeader(const std::vector<std::string_view>& fields) {
  if (columns_ != nullptr) return false;
  std::vector<std::string> names = options_->field_names;
  if (names.empty()) names.assign(fields.begin(), fields.end());
  SLUICE_TRY(CsvColumns columns, CsvColumns::Plan(std::move(names), *options_));
  columns_ = std::make_shared<const CsvColumns>(std::move(columns));
  return options_->has_header;
}

Result<bool> CsvEntities::Fill(size_t entities_max, pipe::Batch& batch) {
  if (!reader_) return false;
  const auto at_line = [&](Error error) {
    error.message = fmt::format("line {}: {}", reader_->line(), error.message);
    return error;
  };
  std::vector<std::string_view> fields;
  if (columns_ != nullptr && batch.keep.empty()) batch.keep.push_back(columns_);
  while (batch.entities.size() < entities_max) {
    SLUICE_TRY(const bool more, reader_->Next(fields));
    if (!more) return false;
    auto header = TakeHeader(fields);
    if (!header.ok()) return at_line(header.error());
    if (*header) continue;
    if (batch.keep.empty()) batch.keep.push_back(columns_);
    auto entity = columns_->MakeEntity(fields, options_->preserve_empty_strings, *batch.arena);
    if (!entity.ok()) return at_line(entity.error());
    batch.entities.push_back(*entity);
  }
  return true;
}

}  // namespace sluice::connectors
