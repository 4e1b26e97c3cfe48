#include "pipe/verify_pipes.h"

#include "pipe/dataset_reader.h"
#include "pipe/pipe_state.h"

namespace sluice::pipe {
namespace {

using Tell = std::function<void(std::string_view, const std::string&)>;

// "17:9f0c…" → the dataset of that incarnation, if it is still there.
Result<std::optional<storage::DatasetInfo>> FindIncarnation(const storage::Snapshot& snapshot,
                                                            const std::string& scope) {
  char* end = nullptr;
  const auto number = std::strtoull(scope.c_str(), &end, 10);
  if (end == scope.c_str() || *end != ':') return std::optional<storage::DatasetInfo>();
  SLUICE_TRY(auto info, snapshot.FindDataset(static_cast<storage::DatasetNumber>(number)));
  if (info && IncarnationName(*info) != scope) info.reset();
  return info;
}

Result<void> CheckState(const storage::Snapshot& snapshot, std::string_view pipe,
                        std::string_view value, const Tell& tell) {
  const auto state = DecodePipeState(value);
  if (!state.ok()) {
    tell(pipe, state.error().message);
    return {};
  }
  SLUICE_TRY(const auto source, FindIncarnation(snapshot, state->source_scope));
  const auto since = state->Since().AsInteger();
  if (source && since && *since >= 0 &&
      static_cast<storage::Offset>(*since) >= source->next_offset) {
    tell(pipe, fmt::format("it has read up to offset {} of \"{}\", which ends before {}", *since,
                           source->name, source->next_offset));
  }
  SLUICE_TRY(const auto sink, FindIncarnation(snapshot, state->sink_scope));
  if (!state->sink_scope.empty() && !sink && state->full_run != 0)
    tell(pipe, fmt::format("its full run {} writes a dataset that is gone", state->full_run));
  return {};
}

}  // namespace

Result<void> VerifyPipes(const storage::Snapshot& snapshot, const Tell& tell) {
  Result<void> checked;
  SLUICE_TRY(snapshot.ScanState("pipe/", [&](std::string_view key, std::string_view value) {
    const auto rest = key.substr(std::string_view("pipe/").size());
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos) {
      tell(rest, "a key of its state has no name");
      return true;
    }
    const auto pipe = rest.substr(0, slash);
    const auto name = rest.substr(slash + 1);
    if (name == "state") {
      checked = CheckState(snapshot, pipe, value, tell);
    } else if (name == "pump") {
      const auto switches = DecodePumpSwitches(value);
      if (!switches.ok()) tell(pipe, switches.error().message);
    }
    return checked.ok();
  }));
  return checked;
}

}  // namespace sluice::pipe
