// Options and registration of http_endpoint (configuration-sources-http.rst,
// configuration-sinks-http.rst).

#include "connectors/http_endpoint/http_endpoint.h"

#include "connectors/http_endpoint/publisher.h"
#include "connectors/http_endpoint/receiver.h"
#include "connectors/options.h"

namespace sluice::connectors {
namespace {

constexpr int64_t kEntityBytesMax = 104'857'600;  // configuration-sinks-dataset.rst, the default.

struct SourceOptions {
  std::optional<std::string> system;
  bool auto_populate_dataset = true;
  bool do_float_as_decimal = true;
  bool do_float_as_int = true;
  config::ConfigView trace;
  std::optional<std::string> validation_expression;
};

const config::OptionTable<SourceOptions>& SourceTable() {
  using O = SourceOptions;
  using config::Optional;
  static const config::OptionTable<O> table = {
      Optional("system", &O::system, "The system whose secrets the validation expression may use."),
      Optional("auto_populate_dataset", &O::auto_populate_dataset,
               "Marks the sink's dataset as populated from the start."),
      Optional("do_float_as_decimal", &O::do_float_as_decimal,
               "Reads numbers with a fraction as exact decimals, not as floats."),
      Optional("do_float_as_int", &O::do_float_as_int,
               "Reads numbers whose fraction is zero as integers."),
      Optional("trace", &O::trace, "Logs requests in the execution log."),
      Optional("validation_expression", &O::validation_expression,
               "A template that judges each request; not built in this version."),
  };
  return table;
}

struct SinkOptions {
  std::string filename;
  std::string content_disposition = "attachment";
};

const config::OptionTable<SinkOptions>& SinkTable() {
  using O = SinkOptions;
  using config::Optional;
  static const config::OptionTable<O> table = {
      Optional("filename", &O::filename, "The name under which clients save the answer."),
      Optional("content_disposition", &O::content_disposition,
               "\"attachment\" or \"inline\": what clients do with the file."),
  };
  return table;
}

class EndpointSource final : public pipe::Source {
 public:
  pipe::Continuation continuation() const override {
    return {.supports_since = false, .is_since_comparable = true, .is_chronological = false};
  }
  Result<std::unique_ptr<pipe::SourceReader>> Open(const pipe::OpenRequest&) override {
    return MakeError(Code::kConflict, "entities come to this pipe through its receiver only");
  }
  bool is_endpoint() const override { return true; }
};

class EndpointSink final : public pipe::Sink {
 public:
  Result<std::unique_ptr<pipe::SinkWriter>> Open(pipe::RunKind, const Stop&) override {
    return MakeError(Code::kConflict, "entities leave this pipe through its publisher only");
  }
  bool is_endpoint() const override { return true; }
};

Result<SourceOptions> ReadSource(const config::ConfigView& config) {
  SLUICE_TRY(auto options, SourceTable().Read(config));
  if (options.validation_expression) {
    // Taking requests without the check that was asked for would let anybody in.
    Error error =
        config["validation_expression"].Fail("validation_expression is not built in this version");
    error.code = Code::kNotBuilt;
    return error;
  }
  return options;
}

FloatMode Floats(const SourceOptions& options) {
  if (options.do_float_as_decimal) {
    return options.do_float_as_int ? FloatMode::kIntegerOrDecimal : FloatMode::kDecimal;
  }
  return options.do_float_as_int ? FloatMode::kInteger : FloatMode::kFloat;
}

// The sink's limit, the service's, or the reference's default.
size_t EntityBytesMax(const pipe::MakeContext& context) {
  for (const config::ConfigView& view :
       {context.pipe["sink"]["max_entity_bytes_size"],
        context.metadata["global_defaults"]["max_entity_bytes_size"]}) {
    const auto bytes = view.value().AsInteger();
    if (view.exists() && bytes && *bytes > 0) return static_cast<size_t>(*bytes);
  }
  return kEntityBytesMax;
}

Result<std::unique_ptr<pipe::Source>> MakeSource(const config::ConfigView& config,
                                                 const pipe::MakeContext&) {
  SLUICE_TRY(ReadSource(config));
  return std::unique_ptr<pipe::Source>(std::make_unique<EndpointSource>());
}

Result<std::unique_ptr<pipe::Receiver>> MakeReceiver(const config::ConfigView& config,
                                                     const pipe::MakeContext& context,
                                                     pipe::Inlet& inlet) {
  SLUICE_TRY(const SourceOptions options, ReadSource(config));
  const PushReceiver::Options receiver{.floats = Floats(options),
                                       .entity_bytes_max = EntityBytesMax(context)};
  return std::unique_ptr<pipe::Receiver>(std::make_unique<PushReceiver>(receiver, inlet));
}

Result<FileOptions> ReadSink(const config::ConfigView& config) {
  SLUICE_TRY(SinkOptions options, SinkTable().Read(config));
  SLUICE_TRY(auto disposition,
             ReadChoice<std::string>(config, "content_disposition", options.content_disposition,
                                     {{"attachment", "attachment"}, {"inline", "inline"}}));
  return FileOptions{.filename = std::move(options.filename),
                     .disposition = std::move(disposition)};
}

Result<std::unique_ptr<pipe::Sink>> MakeSink(const config::ConfigView& config,
                                             const pipe::MakeContext&) {
  SLUICE_TRY(ReadSink(config));
  return std::unique_ptr<pipe::Sink>(std::make_unique<EndpointSink>());
}

Result<std::unique_ptr<pipe::Publisher>> MakePublisher(const config::ConfigView& config,
                                                       const pipe::MakeContext&,
                                                       pipe::Outlet& outlet) {
  SLUICE_TRY(FileOptions file, ReadSink(config));
  return std::unique_ptr<pipe::Publisher>(std::make_unique<PullPublisher>(std::move(file), outlet));
}

}  // namespace

void AddHttpEndpoint(pipe::Registry& registry) {
  registry.AddSource({.type = "http_endpoint",
                      .doc = "Takes entities that others push to the pipe's receiver.",
                      .options = SourceTable().Describe(),
                      .make = MakeSource,
                      .make_receiver = MakeReceiver});
  registry.AddSink({.type = "http_endpoint",
                    .doc = "Publishes the pipe's entities as JSON to whoever asks.",
                    .options = SinkTable().Describe(),
                    .make = MakeSink,
                    .make_publisher = MakePublisher});
}

}  // namespace sluice::connectors
