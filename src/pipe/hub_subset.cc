// Subsets of datasets for the Service API.

#include "config/document.h"
#include "pipe/hub.h"
#include "pipe/hub_state.h"
#include "pipe/subset_reader.h"

namespace sluice::pipe {

Result<std::unique_ptr<storage::LogReader>> Hub::ReadSubset(
    std::shared_ptr<const storage::Snapshot> snapshot, const storage::DatasetInfo& dataset,
    std::string_view subset, const storage::ReadOptions& options) const {
  const auto bad = [](const Error& error) {
    return MakeError(Code::kBadRequest, "the subset cannot be used: {}", error.message);
  };
  dtl::CompileOptions compile;
  if (const auto writer = WriterOf(dataset.name)) {
    SLUICE_TRY(const auto entry, state_->FindPipe(*writer));
    compile = {.pipe_id = *writer, .namespaces = entry.version->namespaces};
  }
  const auto document = config::Document::Parse(fmt::format("{{\"subset\": {}}}", subset));
  if (!document.ok()) return bad(document.error());
  config::Issues issues;
  const auto compiled = dtl::CompileSubset((*document)->root()["subset"], dataset.name,
                                           *state_->options.catalogue, compile, issues);
  if (!compiled.ok()) return bad(compiled.error());
  const dtl::IndexedKey& key = (*compiled)->key();
  std::optional<uint32_t> index;
  if (!key.IsId()) {
    index = state_->indexes.Find(dataset.number, key.expression());
    if (!index) {
      return MakeError(Code::kNotFound,
                       "the dataset \"{}\" has no index over {}: declare the expression in "
                       "\"indexes\" of its sink",
                       dataset.name, key.expression());
    }
  }
  return pipe::ReadSubset({.snapshot = std::move(snapshot),
                           .dataset = dataset.number,
                           .subset = *compiled,
                           .index = index,
                           .options = options});
}

}  // namespace sluice::pipe
