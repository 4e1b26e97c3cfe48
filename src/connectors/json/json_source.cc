// The JSON source: reads entities by the JSON pull protocol (configuration-sources-json.rst,
// json-pull.rst).

#include "base/limits.h"
#include "connectors/continuation.h"
#include "connectors/json/entity_stream.h"
#include "connectors/json/json.h"
#include "connectors/options.h"
#include "connectors/url/http_system.h"
#include "net/url.h"
#include "value/json.h"

namespace sluice::connectors {
namespace {

constexpr size_t kEntityBytesMax = 104'857'600;  // configuration-sinks-dataset.rst, the default.

struct JsonSourceOptions {
  std::string system;
  std::string url;
  bool supports_signalling = false;
  std::optional<int64_t> page_size;
  config::ConfigView subset;
  StringMap headers;
  std::string if_source_empty = "accept";
};

const config::OptionTable<JsonSourceOptions>& JsonSourceTable() {
  using O = JsonSourceOptions;
  using config::Optional;
  using config::Required;
  static const config::OptionTable<O> table = {
      Required("system", &O::system, "The system to read through."),
      Required("url", &O::url, "What answers with entities, relative to the system."),
      Optional("supports_signalling", &O::supports_signalling,
               "Runs the pipe as soon as its input changes, where that is known."),
      Optional("page_size", &O::page_size, "How many entities to ask for in one request."),
      Optional("subset", &O::subset, "An \"eq\" expression: only entities in this subset."),
      Optional("headers", &O::headers, "Headers of each request."),
      Optional("if_source_empty", &O::if_source_empty,
               "\"fail\" or \"accept\": what an answer without entities means."),
  };
  return table;
}

// What requests are made of.
struct Pull {
  std::string url;
  net::Headers headers;
  std::string subset;  // JSON; empty: none.
  std::optional<size_t> page_size;
  ContinuationOptions continuation;
};

class JsonSourceReader final : public pipe::SourceReader {
 public:
  JsonSourceReader(std::shared_ptr<const Pull> pull, HttpSystem& system,
                   const pipe::OpenRequest& request)
      : pull_(std::move(pull)),
        system_(system),
        since_(pull_->continuation.SinceText(request.since)),
        left_(request.limit),
        whole_(since_.empty() && !request.limit),
        tracker_(pull_->continuation.flags) {}

  Result<pipe::Batch> Next(size_t entities_max, const Stop& stop) override {
    if (left_) entities_max = std::min(entities_max, *left_);
    while (entities_max > 0 && !ended_) {
      if (!stream_) SLUICE_TRY(StartPage(stop));
      SLUICE_TRY(const bool page_ended, Read(entities_max, stop));
      if (stream_->waiting() > 0) return Take();
      if (page_ended) SLUICE_TRY(EndPage());
    }
    tracker_.End();
    return pipe::Batch();
  }

  Value since() const override { return tracker_.since(); }
  bool complete() const override { return ended_ && whole_ && populated_; }

 private:
  Result<void> StartPage(const Stop& stop) {
    net::HttpRequest request;
    request.url = pull_->url;
    request.headers = pull_->headers;
    request.headers.emplace_back("Accept", "application/json");
    if (!since_.empty()) request.url = net::AddQuery(request.url, "since", since_);
    if (pull_->page_size) {
      request.url = net::AddQuery(request.url, "limit", fmt::format("{}", *pull_->page_size));
    }
    if (!pull_->subset.empty()) {
      request.url = net::AddQuery(request.url, "subset", pull_->subset);
    }
    SLUICE_TRY(response_, system_.Call(std::move(request), stop));
    // Without all there is, what does not come must not be deleted.
    if (response_->head().Find("x-dataset-populated") == "false") populated_ = false;
    stream_.emplace(JsonStream::Options{.read = {.floats = FloatMode::kFloat},
                                        .value_bytes_max = kEntityBytesMax});
    page_entities_ = 0;
    any_bytes_ = false;
    return {};
  }

  // Reads until there are `entities_max` entities, or to the end of the page (true).
  Result<bool> Read(size_t entities_max, const Stop& stop) {
    while (true) {
      auto full = stream_->Fill(entities_max, limits::kCommitBytesMax);
      if (!full.ok()) return InAnswer(full.error());
      if (*full) return false;
      if (finished_page_) {
        if (any_bytes_ && stream_->AtEnd()) return true;
        return InAnswer(MakeError(Code::kBadData, "the answer is no whole JSON array of entities"));
      }
      SLUICE_TRY(const std::string_view bytes, response_->Read(stop));
      finished_page_ = bytes.empty();
      any_bytes_ = any_bytes_ || !IsBlank(bytes);
      if (finished_page_) {
        stream_->Finish();
      } else {
        stream_->Feed(bytes);
      }
    }
  }

  pipe::Batch Take() {
    pipe::Batch batch = stream_->Take();
    page_entities_ += batch.entities.size();
    for (const Entity& entity : batch.entities) tracker_.Note(entity.updated);
    if (left_) *left_ -= batch.entities.size();
    if (pull_->page_size) last_updated_ = SinceParameter(batch.entities.back().updated);
    return batch;
  }

  // An empty page is the last one; without pages the first is.
  Result<void> EndPage() {
    finished_page_ = false;
    stream_.reset();
    if (!pull_->page_size || page_entities_ == 0) {
      ended_ = true;
      return {};
    }
    if (last_updated_.empty() || last_updated_ == since_) {
      return InAnswer(MakeError(Code::kBadData,
                                "expected the \"_updated\" of a page's last entity to lead to the "
                                "next page, found \"{}\" after since=\"{}\"",
                                last_updated_, since_));
    }
    since_ = last_updated_;
    return {};
  }

  Error InAnswer(Error error) const {
    error.message = fmt::format("{}: {}", net::RedactUrl(response_->head().url), error.message);
    return error;
  }

  std::shared_ptr<const Pull> pull_;
  HttpSystem& system_;
  std::string since_;
  std::optional<size_t> left_;
  const bool whole_;
  bool populated_ = true;
  bool ended_ = false;
  SinceTracker tracker_;

  // The page that is being read.
  std::unique_ptr<net::HttpResponse> response_;
  std::optional<EntityStream> stream_;
  bool finished_page_ = false;
  bool any_bytes_ = false;
  uint64_t page_entities_ = 0;
  std::string last_updated_;
};

class JsonSource final : public pipe::Source {
 public:
  JsonSource(Pull pull, HttpSystem& system)
      : pull_(std::make_shared<const Pull>(std::move(pull))), system_(system) {}

  pipe::Continuation continuation() const override { return pull_->continuation.flags; }
  Result<std::unique_ptr<pipe::SourceReader>> Open(const pipe::OpenRequest& request) override {
    return std::unique_ptr<pipe::SourceReader>(
        std::make_unique<JsonSourceReader>(pull_, system_, request));
  }

 private:
  std::shared_ptr<const Pull> pull_;
  HttpSystem& system_;
};

Result<void> CheckPages(const config::ConfigView& config, const Pull& pull) {
  if (!pull.page_size) return {};
  const pipe::Continuation& flags = pull.continuation.flags;
  if (flags.supports_since && flags.is_chronological && flags.is_since_comparable) return {};
  return config["page_size"].Fail(
      "\"page_size\" needs \"supports_since\", \"is_chronological\" and \"is_since_comparable\" to "
      "be true");
}

Result<std::unique_ptr<pipe::Source>> MakeJsonSource(const config::ConfigView& config,
                                                     const pipe::MakeContext& context) {
  SLUICE_TRY(JsonSourceOptions options, JsonSourceTable().Read(config));
  Pull pull{.url = std::move(options.url), .headers = std::move(options.headers.items)};
  SLUICE_TRY(pull.continuation, ReadContinuation(config));
  if (options.page_size) {
    if (*options.page_size < 1) {
      return config["page_size"].Fail("expected at least 1, found {}", *options.page_size);
    }
    pull.page_size = static_cast<size_t>(*options.page_size);
  }
  if (!options.subset.value().IsNull()) {
    if (!options.subset.value().IsList()) {
      return options.subset.Fail("expected an \"eq\" expression, found {}",
                                 options.subset.Describe());
    }
    pull.subset = ToJson(options.subset.value(), {.transit = Transit::kKeep});
  }
  SLUICE_TRY(CheckPages(config, pull));
  SLUICE_TRY(HttpSystem * system, FindHttpSystem(context, options.system, config["system"]));
  return std::unique_ptr<pipe::Source>(std::make_unique<JsonSource>(std::move(pull), *system));
}

}  // namespace

void AddJsonSource(pipe::Registry& registry) {
  registry.AddSource({.type = "json",
                      .doc = "Reads entities from a server that speaks the JSON pull protocol.",
                      .options = WithContinuation(JsonSourceTable().Describe()),
                      .make = MakeJsonSource});
}

}  // namespace sluice::connectors
