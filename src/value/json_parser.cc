#include "base/limits.h"
#include "value/encoding.h"
#include "value/json.h"
#include "value/json_index.h"
#include "value/json_scan.h"
#include "value/record.h"
#include "value/record_builder.h"

namespace sluice {
namespace {

// Buffers that a large text took are not kept for the next one.
constexpr size_t kKeptBytesMax = 4 * 1024 * 1024;

}  // namespace

struct JsonParser::State {
  explicit State(const JsonReadOptions& options) : builder(options) {}

  Result<void> Parse(std::string_view source);
  Result<void> Build(std::string_view text, size_t skipped);

  json::StructuralIndex index;
  json::RecordBuilder builder;
  encoding::Buffer text;
  encoding::Buffer record;
};

JsonParser::JsonParser(JsonReadOptions options) : state_(std::make_unique<State>(options)) {}
JsonParser::~JsonParser() = default;
JsonParser::JsonParser(JsonParser&&) noexcept = default;
JsonParser& JsonParser::operator=(JsonParser&&) noexcept = default;

Result<void> JsonParser::State::Build(std::string_view source, size_t skipped) {
  const auto fail = [&](Code code, size_t offset, std::string_view message) {
    return MakeError(code, "{} at byte {}", message, offset + skipped);
  };
  using Status = json::StructuralIndex::Status;
  switch (index.Index(source)) {
    case Status::kOk:
      break;
    case Status::kEmpty:
      return fail(Code::kBadData, source.size(), "expected a JSON value, found nothing");
    case Status::kTooLarge:
      return MakeError(Code::kTooLarge, "a JSON text of {} bytes", source.size());
    default: {
      const auto broken = json::FindBrokenByte(source);
      return fail(Code::kBadData, broken.offset, broken.message);
    }
  }
  builder.Start(source, index.positions(), index.count());
  auto outcome = builder.Build(record);
  if (outcome == json::RecordBuilder::Outcome::kBuilt && !builder.at_end()) {
    builder.Expected("nothing behind the JSON value");
    outcome = json::RecordBuilder::Outcome::kFailed;
  }
  if (outcome == json::RecordBuilder::Outcome::kBuilt) return {};
  const auto& failure = builder.failure();
  return fail(failure.code, failure.offset, failure.message);
}

Result<void> JsonParser::State::Parse(std::string_view source) {
  const size_t skipped = json::ByteOrderMarkBytes(source);
  source.remove_prefix(skipped);
  text.Clear();
  record.Clear();
  text.Ensure(source.size() + json::kPaddingBytes);
  text.Append(source);
  std::memset(text.end(), 0, json::kPaddingBytes);
  return Build(text.view(), skipped);
}

Result<void> JsonParser::Parse(std::string_view text, std::string& out) {
  auto parsed = state_->Parse(text);
  if (parsed.ok()) out.append(state_->record.view());
  state_->text.Shrink(kKeptBytesMax);
  state_->index.Shrink(kKeptBytesMax);
  state_->record.Shrink(kKeptBytesMax);
  return parsed;
}

Result<Value> JsonParser::Parse(std::string_view text, Arena& arena) {
  SLUICE_TRY(state_->Parse(text));
  const Value value = Decode(arena.Copy(state_->record.view()));
  state_->text.Shrink(kKeptBytesMax);
  state_->index.Shrink(kKeptBytesMax);
  state_->record.Shrink(kKeptBytesMax);
  return value;
}

}  // namespace sluice
