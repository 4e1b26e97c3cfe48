#include "connectors/http_endpoint/publisher.h"

#include <algorithm>
#include <charconv>

#include "net/media_type.h"
#include "value/json.h"

namespace sluice::connectors {
namespace {

constexpr size_t kBatchEntities = 1000;
constexpr size_t kPieceBytes = 32 * 1024;

template <class T>
bool ParseWhole(std::string_view text, T& value) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc() && end == text.data() + text.size();
}

}  // namespace

Result<PullParameters> ReadPullParameters(const pipe::EndpointRequest& request) {
  PullParameters parameters{.since_text = std::string(request.Parameter("since")), .limit = {}};
  const std::string_view limit = request.Parameter("limit");
  if (limit.empty()) return parameters;
  size_t count = 0;
  if (!ParseWhole(limit, count)) {
    return MakeError(Code::kBadRequest, "expected \"limit\" to be a count, found \"{}\"", limit);
  }
  parameters.limit = count;
  return parameters;
}

Value PullParameters::Since(Arena& arena) const {
  if (since_text.empty()) return Value::Null();
  int64_t number = 0;
  if (ParseWhole(std::string_view(since_text), number)) return Value::Integer(number);
  if (since_text.front() == '"') {
    JsonParser parser({.transit = Transit::kKeep});
    auto parsed = parser.Parse(since_text, arena);
    if (parsed.ok() && parsed->IsString()) return *parsed;
  }
  return Value::String(since_text);
}

pipe::EndpointHead MakePullHead(const pipe::EndpointRequest& request, const pipe::Outlet& outlet,
                                const FileOptions& file, std::string content_type) {
  pipe::EndpointHead head;
  head.content_type = std::move(content_type);
  head.headers.emplace_back("X-Dataset-Populated", outlet.populated() ? "true" : "false");
  if (const auto updated = outlet.max_updated_json()) {
    head.headers.emplace_back("X-Dataset-Max-Updated", *updated);
  }
  if (outlet.filtered()) head.headers.emplace_back("X-Dataset-Filtered", "true");
  if (std::string generation = outlet.generation(); !generation.empty()) {
    head.headers.emplace_back("X-Dataset-Generation", std::move(generation));
  }
  if (const auto completeness = outlet.completeness_us()) {
    head.headers.emplace_back("X-Dataset-Completeness", fmt::format("{}", *completeness));
  }
  const std::string& name = request.filename.empty() ? file.filename : request.filename;
  if (std::string value = net::ContentDisposition(file.disposition, name); !value.empty()) {
    head.headers.emplace_back("Content-Disposition", std::move(value));
  }
  return head;
}

Result<pipe::Batch> PullReader::Next(const Stop& stop) {
  while (!left_ || *left_ > 0) {
    SLUICE_TRY(pipe::Batch batch,
               reader_->Next(std::min(kBatchEntities, left_.value_or(kBatchEntities)), stop));
    if (batch.entities.empty()) return batch;
    std::erase_if(batch.entities, [](const Entity& entity) { return entity.filtered; });
    if (left_) {
      if (batch.entities.size() > *left_) batch.entities.resize(*left_);
      *left_ -= batch.entities.size();
    }
    if (!batch.entities.empty()) return batch;
  }
  return pipe::Batch();
}

Result<void> PullPublisher::Publish(
    const pipe::EndpointRequest& request,
    const std::function<Result<void>(const pipe::EndpointHead&)>& start,
    const pipe::BodyWriter& body, const Stop& stop) {
  SLUICE_TRY(const PullParameters parameters, ReadPullParameters(request));
  // Before anything is read: what is said must not be newer than what follows.
  const pipe::EndpointHead head = MakePullHead(request, outlet_, file_, "application/json");
  Arena arena;
  SLUICE_TRY(auto reader, outlet_.Open({.since = parameters.Since(arena)}));
  PullReader entities(std::move(reader), parameters.limit);
  // The first batch comes before the head, so that a source that fails at once becomes a status.
  SLUICE_TRY(pipe::Batch batch, entities.Next(stop));
  SLUICE_TRY(start(head));
  EntityJsonText piece;
  piece.Append("[");
  const char* separator = "";
  while (!batch.entities.empty()) {
    for (const Entity& entity : batch.entities) {
      piece.Append(separator);
      separator = ",\n";
      piece.Append(entity);
      if (piece.text().size() < kPieceBytes) continue;
      SLUICE_TRY(body(piece.text()));
      piece.Clear();
    }
    SLUICE_TRY(batch, entities.Next(stop));
  }
  piece.Append("]");
  return body(piece.text());
}

}  // namespace sluice::connectors
