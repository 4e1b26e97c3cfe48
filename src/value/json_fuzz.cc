// Fuzzes reading JSON: whole texts, streams in chunks, and what was read against what is written.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "value/json.h"
#include "value/record.h"
#include "value/relations.h"

namespace sluice {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckWhole(std::string_view text, const JsonReadOptions& options) {
  JsonParser parser(options);
  std::string record;
  if (!parser.Parse(text, record).ok()) return;
  Require(CheckRecord(record).ok());
  const auto written = ToJson(Decode(record));
  std::string again;
  Require(parser.Parse(written, again).ok());
  Require(options.transit == Transit::kKeep || again == record);
  Require(ToJson(Decode(again)) == written);
  // A second time, with all names known.
  std::string known;
  Require(parser.Parse(text, known).ok() && known == record);
  if (Decode(record).IsDict()) {
    std::string stored;
    EncodeForDataset(Decode(record), stored);
    Require(CheckRecord(stored).ok());
    Require(IdentityHash(Decode(record)) == IdentityHashOfRecord(stored));
  }
}

struct Streamed {
  std::vector<std::string> records;
  bool failed = false;
  bool at_end = false;
};

Streamed Stream(std::string_view text, size_t chunk_bytes) {
  JsonStream stream;
  Streamed result;
  const auto take = [&] {
    while (true) {
      std::string record;
      const auto more = stream.Next(record);
      result.failed = !more.ok();
      if (result.failed || !*more) return !result.failed;
      Require(CheckRecord(record).ok());
      result.records.push_back(std::move(record));
    }
  };
  for (size_t at = 0; at < text.size(); at += chunk_bytes) {
    stream.Feed(text.substr(at, chunk_bytes));
    if (!take()) return result;
  }
  stream.Finish();
  take();
  result.at_end = stream.AtEnd();
  Require(result.at_end != result.failed);
  return result;
}

void CheckStream(std::string_view text, size_t chunk_bytes) {
  const auto whole = Stream(text, text.size() + 1);
  const auto pieces = Stream(text, chunk_bytes);
  Require(whole.failed == pieces.failed);
  Require(whole.records == pieces.records);
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const sluice::JsonReadOptions options{
      .floats = static_cast<sluice::FloatMode>(data[0] % 3),
      .transit = data[0] & 4 ? sluice::Transit::kKeep : sluice::Transit::kDecode};
  sluice::CheckWhole(text, options);
  sluice::CheckStream(text, 1 + (data[0] >> 3));
  return 0;
}
