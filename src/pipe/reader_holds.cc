#include "pipe/reader_holds.h"

#include <set>

#include "pipe/pipe_state.h"

namespace sluice::pipe {
namespace {

constexpr std::string_view kHolderPrefix = "reader of versions: ";

std::string HolderOf(std::string_view pipe) { return std::string(kHolderPrefix).append(pipe); }

bool ReadsPreviousVersions(const CompiledPipe& pipe) {
  if (!pipe.source || !pipe.checked.effective) return false;
  const auto source = pipe.checked.effective->root()["source"];
  return source["include_previous_versions"].value().AsBoolean().value_or(false);
}

}  // namespace

Result<void> SetReaderHolds(storage::Store& store, const CompiledPipe& pipe) {
  if (!ReadsPreviousVersions(pipe)) return {};
  SLUICE_TRY(const auto state, LoadPipeState(store, pipe.id));
  // An offset of an incarnation that is gone says nothing: the pipe will read from the beginning.
  const bool kept =
      pipe.source->KeepsSince(state.Since(), state.source_scope, pipe.source->since_scope());
  for (const auto& name : pipe.source->datasets()) {
    const auto info = store.FindDataset(name);
    if (!info) continue;
    const auto from = kept ? pipe.source->PositionIn(name, state.Since()) : std::nullopt;
    store.SetHold(info->number, HolderOf(pipe.id), from.value_or(0));
  }
  return {};
}

Result<void> ReconcileReaderHolds(storage::Store& store, const Configuration& configuration) {
  std::set<std::pair<storage::DatasetNumber, std::string>> wanted;
  for (const auto& [id, entry] : configuration.pipes) {
    if (!ReadsPreviousVersions(*entry.version)) continue;
    for (const auto& name : entry.version->source->datasets()) {
      const auto info = store.FindDataset(name);
      if (info) wanted.insert({info->number, HolderOf(id)});
    }
    SLUICE_TRY(SetReaderHolds(store, *entry.version));
  }
  for (const auto& hold : store.ListHolds()) {
    if (hold.holder.starts_with(kHolderPrefix) && !wanted.contains({hold.dataset, hold.holder}))
      store.SetHold(hold.dataset, hold.holder, std::nullopt);
  }
  return {};
}

}  // namespace sluice::pipe
