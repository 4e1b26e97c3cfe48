// Any bytes as a CSV file: entities or an error, whatever the pieces, and always the same.

#include <cstdint>

#include "base/check.h"
#include "connectors/csv/csv_source.h"

namespace sluice::connectors {
namespace {

// The ids of all entities, and the error's code.
std::string Run(std::string_view bytes, size_t step, const CsvSourceOptions& options) {
  auto entities = CsvEntities::Open(options);
  SLUICE_CHECK(entities.ok());
  std::string seen;
  for (size_t at = 0;; at += step) {
    const bool ended = at >= bytes.size();
    auto fed = entities->Feed(ended ? std::string_view() : bytes.substr(at, step));
    if (!fed.ok()) return seen + std::string(ToString(fed.error().code));
    pipe::Batch batch;
    auto filled = entities->Fill(1'000'000, batch);
    for (const Entity& entity : batch.entities) seen += std::string(entity.id()) + "\n";
    if (!filled.ok()) return seen + std::string(ToString(filled.error().code));
    if (ended) return seen;
  }
}

}  // namespace
}  // namespace sluice::connectors

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sluice::connectors::CsvSourceOptions;
  if (size < 2) return 0;
  CsvSourceOptions options{.primary_key = {"a"}, .field_names = {"a", "b"}};
  options.has_header = false;
  options.auto_dialect = (data[0] & 1) != 0;
  if ((data[0] & 2) != 0) options.encoding = "latin-1";
  if ((data[0] & 4) != 0) options.decode_error_strategy = "replace";
  if ((data[0] & 8) != 0) options.delimiter = "||";
  options.escape_null_bytes = (data[0] & 16) != 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const size_t step = 1 + data[1] % 64;
  const std::string whole = sluice::connectors::Run(bytes, bytes.size() + 1, options);
  const std::string pieces = sluice::connectors::Run(bytes, step, options);
  // An error may come before entities that pieces gave already; without one both give the same.
  SLUICE_CHECK(whole == pieces || whole.find("bad-data") != std::string::npos);
  return 0;
}
