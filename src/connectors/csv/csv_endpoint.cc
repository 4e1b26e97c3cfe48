// The csv_endpoint sink: publishes entities as CSV (configuration-sinks-csv.rst).

#include "connectors/csv/charset.h"
#include "connectors/csv/csv_source.h"
#include "connectors/csv/csv_writer.h"
#include "connectors/http_endpoint/publisher.h"
#include "connectors/options.h"

namespace sluice::connectors {
namespace {

constexpr size_t kPieceBytes = 128 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct CsvEndpointOptions {
  std::vector<std::string> columns;
  std::string quoting = "minimal";
  std::string delimiter = ",";
  bool doublequote = true;
  bool include_header = true;
  std::optional<std::string> escapechar;
  std::string lineterminator = "\r\n";
  std::string quotechar = "\"";
  bool byte_order_mark = false;
  std::string encoding = "utf-8";
  std::string encode_error_strategy = "backslashreplace";
  bool skip_deleted_entities = true;
  std::string filename;
  std::string content_disposition = "attachment";
};

const config::OptionTable<CsvEndpointOptions>& CsvEndpointTable() {
  using O = CsvEndpointOptions;
  using config::Optional;
  using config::Required;
  static const config::OptionTable<O> table = {
      Required("columns", &O::columns, "The properties that become columns."),
      Optional("quoting", &O::quoting,
               "Which fields get quotes: \"all\", \"minimal\", \"non-numeric\" or \"none\"."),
      Optional("delimiter", &O::delimiter, "The character between fields."),
      Optional("doublequote", &O::doublequote,
               "Doubles quotes within fields; else \"escapechar\" comes before them."),
      Optional("include_header", &O::include_header, "The first row names the columns."),
      Optional("escapechar", &O::escapechar,
               "The character before what needs escaping; by default none, or a backslash where "
               "quotes are not doubled."),
      Optional("lineterminator", &O::lineterminator, "What ends a row."),
      Optional("quotechar", &O::quotechar, "The character around quoted fields."),
      Optional("byte_order_mark", &O::byte_order_mark, "Begins with a UTF-8 byte order mark."),
      Optional("encoding", &O::encoding, "The encoding of the answer."),
      Optional("encode_error_strategy", &O::encode_error_strategy,
               "What comes for characters the encoding does not have: \"ignore\", \"replace\", "
               "\"xmlcharrefreplace\" or \"backslashreplace\"."),
      Optional("skip-deleted-entities", &O::skip_deleted_entities, "Leaves deleted entities out."),
      Optional("filename", &O::filename, "The name under which clients save the answer."),
      Optional("content_disposition", &O::content_disposition,
               "\"attachment\" or \"inline\": what clients do with the file."),
  };
  return table;
}

// The options, checked, in the form that writing needs.
struct CsvAnswer {
  std::vector<std::string> columns;
  CsvFormat format;
  bool include_header = true;
  bool byte_order_mark = false;
  std::string encoding;
  CharsetEncoder::OnError on_error = CharsetEncoder::OnError::kBackslash;
  bool skip_deleted = true;
  FileOptions file;
};

// Whether a text is one character of UTF-8.
bool IsCharacter(std::string_view text) {
  if (text.empty() || (static_cast<unsigned char>(text[0]) & 0xc0) == 0x80) return false;
  for (const char c : text.substr(1)) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) return false;
  }
  return true;
}

Result<CsvFormat> ReadFormat(const config::ConfigView& config, const CsvEndpointOptions& options) {
  using enum CsvFormat::Quoting;
  CsvFormat format;
  SLUICE_TRY(
      format.quoting,
      ReadChoice<CsvFormat::Quoting>(
          config, "quoting", options.quoting,
          {{"all", kAll}, {"minimal", kMinimal}, {"non-numeric", kNonNumeric}, {"none", kNone}}));
  const auto one = [&](const char* name, std::string_view text) -> Result<void> {
    if (IsCharacter(text)) return {};
    return config[name].Fail("expected one character, found \"{}\"", text);
  };
  SLUICE_TRY(one("delimiter", options.delimiter));
  SLUICE_TRY(one("quotechar", options.quotechar));
  if (options.escapechar) SLUICE_TRY(one("escapechar", *options.escapechar));
  format.delimiter = options.delimiter;
  format.quote = options.quotechar;
  format.double_quotes = options.doublequote;
  format.escape = options.escapechar;
  if (!format.escape && !options.doublequote) format.escape = "\\";
  format.line_end = options.lineterminator;
  return format;
}

Result<CsvAnswer> ReadOptions(const config::ConfigView& config) {
  using enum CharsetEncoder::OnError;
  SLUICE_TRY(CsvEndpointOptions options, CsvEndpointTable().Read(config));
  CsvAnswer answer;
  SLUICE_TRY(answer.format, ReadFormat(config, options));
  SLUICE_TRY(answer.on_error, ReadChoice<CharsetEncoder::OnError>(
                                  config, "encode_error_strategy", options.encode_error_strategy,
                                  {{"ignore", kIgnore},
                                   {"replace", kReplace},
                                   {"xmlcharrefreplace", kXmlReference},
                                   {"backslashreplace", kBackslash}}));
  SLUICE_TRY(answer.file.disposition,
             ReadChoice<std::string>(config, "content_disposition", options.content_disposition,
                                     {{"attachment", "attachment"}, {"inline", "inline"}}));
  auto encoder = CharsetEncoder::Open(options.encoding, answer.on_error);
  if (!encoder.ok()) return config["encoding"].Fail("{}", encoder.error().message);
  answer.columns = std::move(options.columns);
  answer.include_header = options.include_header;
  answer.byte_order_mark = options.byte_order_mark;
  answer.encoding = std::move(options.encoding);
  answer.skip_deleted = options.skip_deleted_entities;
  answer.file.filename = std::move(options.filename);
  return answer;
}

// One answer on its way.
class CsvStream {
 public:
  CsvStream(const CsvAnswer& answer, CharsetEncoder encoder, const pipe::BodyWriter& body)
      : answer_(answer), writer_(answer.format), encoder_(std::move(encoder)), body_(body) {}

  void Header() {
    if (answer_.byte_order_mark) bytes_ += kByteOrderMark;
    if (!answer_.include_header) return;
    writer_.BeginRow();
    for (const std::string& column : answer_.columns) writer_.Field(column, false, text_);
    writer_.EndRow(text_);
  }

  Result<void> Row(const Entity& entity) {
    if (entity.deleted && answer_.skip_deleted) return {};
    writer_.BeginRow();
    for (const std::string& column : answer_.columns) {
      const Value value = entity.Metadata(column).value_or(entity.dict.Find(column));
      writer_.Field(FieldText(value, scratch_), value.IsNumber(), text_);
    }
    writer_.EndRow(text_);
    return text_.size() < kPieceBytes ? Result<void>() : Flush();
  }

  Result<void> Flush() {
    encoder_.Encode(text_, bytes_);
    text_.clear();
    if (bytes_.empty()) return {};
    auto sent = body_(bytes_);
    bytes_.clear();
    return sent;
  }

 private:
  const CsvAnswer& answer_;
  CsvWriter writer_;
  CharsetEncoder encoder_;
  const pipe::BodyWriter& body_;
  std::string text_;
  std::string bytes_;
  std::string scratch_;
};

class CsvPublisher final : public pipe::Publisher {
 public:
  CsvPublisher(CsvAnswer answer, pipe::Outlet& outlet)
      : answer_(std::move(answer)), outlet_(outlet) {}

  Result<void> Publish(const pipe::EndpointRequest& request,
                       const std::function<Result<void>(const pipe::EndpointHead&)>& start,
                       const pipe::BodyWriter& body, const Stop& stop) override {
    SLUICE_TRY(const PullParameters parameters, ReadPullParameters(request));
    const pipe::EndpointHead head =
        MakePullHead(request, outlet_, answer_.file, "text/csv; charset=" + answer_.encoding);
    SLUICE_TRY(CharsetEncoder encoder, CharsetEncoder::Open(answer_.encoding, answer_.on_error));
    Arena arena;
    SLUICE_TRY(auto reader, outlet_.Open({.since = parameters.Since(arena)}));
    PullReader entities(std::move(reader), parameters.limit);
    SLUICE_TRY(pipe::Batch batch, entities.Next(stop));
    CsvStream stream(answer_, std::move(encoder), body);
    stream.Header();
    SLUICE_TRY(start(head));
    while (!batch.entities.empty()) {
      for (const Entity& entity : batch.entities) SLUICE_TRY(stream.Row(entity));
      SLUICE_TRY(batch, entities.Next(stop));
    }
    return stream.Flush();
  }

 private:
  const CsvAnswer answer_;
  pipe::Outlet& outlet_;
};

class CsvEndpointSink final : public pipe::Sink {
 public:
  Result<std::unique_ptr<pipe::SinkWriter>> Open(pipe::RunKind, const Stop&) override {
    return MakeError(Code::kConflict, "entities leave this pipe through its publisher only");
  }
  bool is_endpoint() const override { return true; }
};

}  // namespace

void AddCsvEndpoint(pipe::Registry& registry) {
  registry.AddSink(
      {.type = "csv_endpoint",
       .doc = "Publishes the pipe's entities as CSV to whoever asks.",
       .options = CsvEndpointTable().Describe(),
       .make = [](const config::ConfigView& config,
                  const pipe::MakeContext&) -> Result<std::unique_ptr<pipe::Sink>> {
         SLUICE_TRY(ReadOptions(config));
         return std::unique_ptr<pipe::Sink>(std::make_unique<CsvEndpointSink>());
       },
       .make_publisher = [](const config::ConfigView& config, const pipe::MakeContext&,
                            pipe::Outlet& outlet) -> Result<std::unique_ptr<pipe::Publisher>> {
         SLUICE_TRY(CsvAnswer answer, ReadOptions(config));
         return std::unique_ptr<pipe::Publisher>(
             std::make_unique<CsvPublisher>(std::move(answer), outlet));
       }});
}

}  // namespace sluice::connectors
