// The CSV source: the rows of a file on a web server as entities (configuration-sources-csv.rst).

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/continuation.h"
#include "connectors/csv/charset.h"
#include "connectors/csv/csv_reader.h"
#include "connectors/url/http_system.h"
#include "pipe/registry.h"

namespace sluice::connectors {

struct CsvSourceOptions {
  std::string system;
  std::string url;
  std::vector<std::string> primary_key;
  bool has_header = true;
  std::vector<std::string> field_names;
  bool auto_dialect = true;
  std::string dialect;
  std::string delimiter;
  std::string encoding = "UTF-8";
  std::string decode_error_strategy = "strict";
  std::optional<std::vector<std::string>> whitelist;
  std::vector<std::string> blacklist;
  bool preserve_empty_strings = false;
  bool escape_null_bytes = false;
  std::string if_source_empty = "accept";
};

// What is known of the columns once the header was read: which fields make up an entity.
class CsvColumns {
 public:
  // kBadData where a column is there twice, or one of the primary key is not there.
  static Result<CsvColumns> Plan(std::vector<std::string> names, const CsvSourceOptions& options);

  // The entity of a row; its memory is the arena's. Its names view this object. kBadData where the
  // row has more fields than there are columns, or no primary key.
  Result<Entity> MakeEntity(const std::vector<std::string_view>& fields, bool keep_empty,
                            Arena& arena) const;

 private:
  Result<std::string_view> MakeId(const std::vector<std::string_view>& fields, Arena& arena) const;

  std::vector<std::string> names_;  // In the order of the file.
  std::vector<bool> included_;
  std::vector<size_t> key_;
};

// Turns the bytes of a CSV file into batches of entities. Used by one thread at a time.
class CsvEntities {
 public:
  static Result<CsvEntities> Open(const CsvSourceOptions& options);

  // Gives bytes of the file; none: its end.
  Result<void> Feed(std::string_view bytes);
  // Appends entities to the batch until it has `entities_max`; false if more bytes are needed, or
  // at the end.
  Result<bool> Fill(size_t entities_max, pipe::Batch& batch);

 private:
  CsvEntities(const CsvSourceOptions& options, CharsetDecoder decoder)
      : options_(&options), decoder_(std::move(decoder)) {}
  void StartReader();
  Result<void> TakeText(std::string& text);
  Result<bool> TakeHeader(const std::vector<std::string_view>& fields);

  const CsvSourceOptions* options_;
  CharsetDecoder decoder_;
  std::string sample_;  // The beginning of the text, until the dialect is known.
  bool finished_ = false;
  std::optional<CsvReader> reader_;
  std::shared_ptr<const CsvColumns> columns_;
};

void AddCsv(pipe::Registry& registry);
void AddCsvEndpoint(pipe::Registry& registry);

}  // namespace sluice::connectors
