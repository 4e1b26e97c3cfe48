#include "connectors/csv/csv_source.h"

#include "connectors/options.h"
#include "net/url.h"

namespace sluice::connectors {
namespace {

const config::OptionTable<CsvSourceOptions>& CsvSourceTable() {
  using O = CsvSourceOptions;
  using config::Optional;
  using config::Required;
  static const config::OptionTable<O> table = {
      Required("system", &O::system, "The system to read through."),
      Required("url", &O::url, "The file, relative to the system."),
      Required("primary_key", &O::primary_key,
               "The columns that make up the \"_id\", joined by colons."),
      Optional("has_header", &O::has_header, "The first row names the columns."),
      Optional("field_names", &O::field_names, "The columns' names; they win over the header."),
      Optional("auto_dialect", &O::auto_dialect,
               "Guesses the delimiter and the quotes from the beginning of the file."),
      Optional("dialect", &O::dialect,
               "\"excel\", \"excel_tab\" or \"unix_dialect\"; nothing is guessed then."),
      Optional("delimiter", &O::delimiter, "What separates fields; it wins over the dialect's."),
      Optional("encoding", &O::encoding, "The file's encoding."),
      Optional("decode_error_strategy", &O::decode_error_strategy,
               "\"strict\" fails at bytes that are no text, \"replace\" puts U+FFFD for them."),
      Optional("whitelist", &O::whitelist, "The only columns to take."),
      Optional("blacklist", &O::blacklist, "Columns to leave out."),
      Optional("preserve_empty_strings", &O::preserve_empty_strings,
               "Takes empty fields as empty strings; else they are left out."),
      Optional("escape_null_bytes", &O::escape_null_bytes,
               "Writes null bytes out as \\x00; else they are an error."),
      Optional("if_source_empty", &O::if_source_empty,
               "\"fail\" or \"accept\": what a file without rows means."),
  };
  return table;
}

class CsvSourceReader final : public pipe::SourceReader {
 public:
  CsvSourceReader(const CsvSourceOptions& options, const ContinuationOptions& continuation,
                  HttpSystem& system, const pipe::OpenRequest& request)
      : options_(options), system_(system), left_(request.limit), tracker_(continuation.flags) {
    const std::string since = continuation.SinceText(request.since);
    url_ = since.empty() ? options.url : net::AddQuery(options.url, "since", since);
    whole_ = since.empty() && !request.limit;
  }

  Result<pipe::Batch> Next(size_t entities_max, const Stop& stop) override {
    if (!entities_) SLUICE_TRY(Start(stop));
    pipe::Batch batch;
    if (left_) entities_max = std::min(entities_max, *left_);
    while (entities_max > 0) {
      auto full = entities_->Fill(entities_max, batch);
      if (!full.ok()) return InFile(full.error());
      if (*full || ended_) break;
      SLUICE_TRY(auto bytes, response_->Read(stop));
      ended_ = bytes.empty();
      auto fed = entities_->Feed(bytes);
      if (!fed.ok()) return InFile(fed.error());
    }
    for (const Entity& entity : batch.entities) tracker_.Note(entity.updated);
    if (left_) *left_ -= batch.entities.size();
    if (batch.entities.empty() && ended_) tracker_.End();
    return batch;
  }

  Value since() const override { return tracker_.since(); }
  bool complete() const override { return ended_ && whole_ && !failed_; }

 private:
  Result<void> Start(const Stop& stop) {
    net::HttpRequest request;
    request.url = url_;
    SLUICE_TRY(response_, system_.Call(std::move(request), stop));
    SLUICE_TRY(CsvEntities entities, CsvEntities::Open(options_));
    entities_.emplace(std::move(entities));
    return {};
  }

  Error InFile(Error error) {
    failed_ = true;
    error.message = fmt::format("{}: {}", net::RedactUrl(response_->head().url), error.message);
    return error;
  }

  const CsvSourceOptions& options_;
  HttpSystem& system_;
  std::string url_;
  std::optional<size_t> left_;
  bool whole_ = false;
  bool ended_ = false;
  bool failed_ = false;
  SinceTracker tracker_;
  std::unique_ptr<net::HttpResponse> response_;
  std::optional<CsvEntities> entities_;
};

// Readers view it; it outlives them.
class CsvSource final : public pipe::Source {
 public:
  CsvSource(CsvSourceOptions options, ContinuationOptions continuation, HttpSystem& system)
      : options_(std::move(options)), continuation_(std::move(continuation)), system_(system) {}

  pipe::Continuation continuation() const override { return continuation_.flags; }
  Result<std::unique_ptr<pipe::SourceReader>> Open(const pipe::OpenRequest& request) override {
    return std::unique_ptr<pipe::SourceReader>(
        std::make_unique<CsvSourceReader>(options_, continuation_, system_, request));
  }

 private:
  const CsvSourceOptions options_;
  const ContinuationOptions continuation_;
  HttpSystem& system_;
};

Result<void> CheckOptions(const config::ConfigView& config, const CsvSourceOptions& options) {
  if (!options.has_header && options.field_names.empty()) {
    return config["field_names"].Fail("\"field_names\" is required when \"has_header\" is false");
  }
  if (options.primary_key.empty()) {
    return config["primary_key"].Fail("expected the name of a column, found an empty list");
  }
  if (!options.dialect.empty()) {
    SLUICE_TRY(ReadChoice<int>(config, "dialect", options.dialect,
                               {{"excel", 0}, {"excel_tab", 0}, {"unix_dialect", 0}}));
  }
  SLUICE_TRY(ReadChoice<int>(config, "decode_error_strategy", options.decode_error_strategy,
                             {{"strict", 0}, {"replace", 0}}));
  if (options.delimiter.find_first_of("\r\n\"") != std::string::npos) {
    return config["delimiter"].Fail("expected a delimiter without line ends and quotes");
  }
  // Opened once to see that the encoding has a known name.
  auto opened = CsvEntities::Open(options);
  if (!opened.ok()) return config["encoding"].Fail("{}", opened.error().message);
  return {};
}

Result<std::unique_ptr<pipe::Source>> MakeCsvSource(const config::ConfigView& config,
                                                    const pipe::MakeContext& context) {
  SLUICE_TRY(CsvSourceOptions options, CsvSourceTable().Read(config));
  SLUICE_TRY(CheckOptions(config, options));
  SLUICE_TRY(ContinuationOptions continuation, ReadContinuation(config));
  SLUICE_TRY(HttpSystem * system, FindHttpSystem(context, options.system, config["system"]));
  return std::unique_ptr<pipe::Source>(
      std::make_unique<CsvSource>(std::move(options), std::move(continuation), *system));
}

}  // namespace

void AddCsv(pipe::Registry& registry) {
  registry.AddSource({.type = "csv",
                      .doc = "Reads the rows of a CSV file as entities.",
                      .options = WithContinuation(CsvSourceTable().Describe()),
                      .make = MakeCsvSource});
}

}  // namespace sluice::connectors
