// The JSON push sink (configuration-sinks-json.rst, json-push.rst).

#include <algorithm>

#include "connectors/json/json.h"
#include "connectors/options.h"
#include "connectors/url/http_system.h"
#include "net/url.h"
#include "value/json.h"

namespace sluice::connectors {
namespace {

constexpr size_t kAnswerBytesMax = 1024 * 1024;  // More than that is not read; it is not used.

struct JsonSinkOptions {
  std::string system;
  std::string url;
  int64_t batch_size = 100;
  StringMap headers;
};

const config::OptionTable<JsonSinkOptions>& JsonSinkTable() {
  using O = JsonSinkOptions;
  using config::Optional;
  using config::Required;
  static const config::OptionTable<O> table = {
      Required("system", &O::system, "The system to write through."),
      Required("url", &O::url, "What takes the entities, relative to the system."),
      Optional("batch_size", &O::batch_size, "The most entities in one request."),
      Optional("headers", &O::headers, "Headers of each request."),
  };
  return table;
}

struct Push {
  std::string url;
  net::Headers headers;
  size_t batch_size = 100;
};

// One sequence of requests. A full one says that it is the last when the run has come to its end,
// in a request without entities: until then nobody knows which one will be the last.
class JsonSinkWriter final : public pipe::SinkWriter {
 public:
  JsonSinkWriter(const Push& push, HttpSystem& system, bool is_full, std::string sequence_id)
      : push_(push), system_(system), is_full_(is_full), sequence_id_(std::move(sequence_id)) {}

  Result<pipe::WriteCounts> Write(const pipe::Batch& batch, const pipe::Checkpoint&,
                                  const Stop& stop) override {
    pipe::WriteCounts counts;
    std::string body = "[";
    size_t in_body = 0;
    for (const Entity& entity : batch.entities) {
      if (entity.filtered) continue;
      if (in_body > 0) body += ',';
      WriteEntityJson(entity, body);
      ++counts.written;
      if (entity.deleted) ++counts.deleted;
      if (++in_body < push_.batch_size) continue;
      SLUICE_TRY(Send(body + "]", false, stop));
      body = "[";
      in_body = 0;
    }
    if (in_body > 0) SLUICE_TRY(Send(body + "]", false, stop));
    return counts;
  }

  Result<pipe::WriteCounts> Finish(bool complete, const pipe::Checkpoint&,
                                   const Stop& stop) override {
    // Whoever receives the last request deletes what did not come: only after all of it was read.
    if (is_full_ && complete) SLUICE_TRY(Send("[]", true, stop));
    return pipe::WriteCounts();
  }

  void Abort() override {}

 private:
  std::string Url(const std::string& request_id, bool is_last) const {
    std::string url = push_.url;
    const auto add = [&](std::string_view name, std::string_view value) {
      url = net::AddQuery(url, name, value);
    };
    add("sequence_id", sequence_id_);
    add("is_full", is_full_ ? "true" : "false");
    add("request_id", request_id);
    if (requests_ > 0) add("previous_request_id", fmt::format("{}", requests_));
    if (is_full_ && requests_ == 0) add("is_first", "true");
    if (is_last) add("is_last", "true");
    return url;
  }

  Result<void> Send(std::string body, bool is_last, const Stop& stop) {
    net::HttpRequest request;
    request.method = "POST";
    request.url = Url(fmt::format("{}", requests_ + 1), is_last);
    request.headers = push_.headers;
    request.body = std::move(body);
    SLUICE_TRY(auto response, system_.Call(std::move(request), stop));
    ++requests_;
    // Read, so that the connection can be used again; what it says does not matter.
    (void)response->ReadAll(kAnswerBytesMax, stop);
    return {};
  }

  const Push& push_;
  HttpSystem& system_;
  const bool is_full_;
  const std::string sequence_id_;
  uint64_t requests_ = 0;  // Acknowledged ones; their number is the id of the last.
};

// Writers view it; it outlives them.
class JsonSink final : public pipe::Sink {
 public:
  JsonSink(Push push, HttpSystem& system, Random& random)
      : push_(std::move(push)), system_(system), random_(random) {}

  Result<std::unique_ptr<pipe::SinkWriter>> Open(pipe::RunKind kind, const Stop&) override {
    std::string id;
    for (const uint8_t byte : random_.Uuid()) id += fmt::format("{:02x}", byte);
    for (const size_t dash : {20, 16, 12, 8}) id.insert(dash, "-");
    return std::unique_ptr<pipe::SinkWriter>(std::make_unique<JsonSinkWriter>(
        push_, system_, kind == pipe::RunKind::kFull, std::move(id)));
  }

 private:
  const Push push_;
  HttpSystem& system_;
  Random& random_;
};

bool HasContentType(const net::Headers& headers) {
  return std::any_of(headers.begin(), headers.end(), [](const auto& header) {
    std::string name = header.first;
    for (char& c : name) c = static_cast<char>(tolower(static_cast<unsigned char>(c)));
    return name == "content-type";
  });
}

Result<std::unique_ptr<pipe::Sink>> MakeJsonSink(const config::ConfigView& config,
                                                 const pipe::MakeContext& context) {
  SLUICE_TRY(JsonSinkOptions options, JsonSinkTable().Read(config));
  if (options.batch_size < 1) {
    return config["batch_size"].Fail("expected at least 1, found {}", options.batch_size);
  }
  Push push{.url = std::move(options.url),
            .headers = std::move(options.headers.items),
            .batch_size = static_cast<size_t>(options.batch_size)};
  if (!HasContentType(push.headers)) push.headers.emplace_back("Content-Type", "application/json");
  SLUICE_TRY(HttpSystem * system, FindHttpSystem(context, options.system, config["system"]));
  return std::unique_ptr<pipe::Sink>(
      std::make_unique<JsonSink>(std::move(push), *system, *context.random));
}

}  // namespace

void AddJsonSink(pipe::Registry& registry) {
  registry.AddSink({.type = "json",
                    .doc = "Pushes entities to a server that speaks the JSON push protocol.",
                    .options = JsonSinkTable().Describe(),
                    .make = MakeJsonSink});
}

}  // namespace sluice::connectors
