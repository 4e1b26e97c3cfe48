#include "server/verify_data.h"

#include <filesystem>

#include "pipe/verify_pipes.h"
#include "server/stored_indexes.h"
#include "storage/rocks_engine.h"
#include "storage/snapshot.h"
#include "storage/verify.h"

namespace sluice::server {
namespace {

using storage::Engine;

int Fail(const Error& error, Terminal& terminal) {
  terminal.EndProgress();
  terminal.Complain("{}\n", terminal.Paint(Colour::kRed, error.ToText()));
  return error.code == Code::kCorrupt ? 1 : 2;
}

Result<std::unique_ptr<Engine>> OpenData(const std::string& data) {
  std::error_code failed;
  if (!std::filesystem::exists(data + "/store/FORMAT", failed)) {
    return MakeError(Code::kNotFound, "{} is no data folder: it has no store/FORMAT", data);
  }
  return storage::OpenRocksEngine(data + "/store", {}, nullptr);
}

storage::VerifyOptions Options(const VerifyDataOptions& options, const StoredIndexes& indexes,
                               std::string_view doing, uint64_t& told, Terminal& terminal) {
  return {
      .find_extractor = indexes.finder(),
      .on_difference =
          [&, max = options.differences_max](std::string_view dataset,
                                             const std::string& difference) {
            if (++told > max) return;
            terminal.EndProgress();
            terminal.Print("{}{}{}\n", dataset, dataset.empty() ? "" : ": ", difference);
          },
      .on_progress =
          [&, doing = std::string(doing)](std::string_view dataset, uint64_t done, uint64_t total) {
            terminal.Progress(fmt::format("{} {}", doing, dataset), done, total);
          }};
}

Result<int> VerifyEngine(Engine& engine, const VerifyDataOptions& options, const Stop& stop,
                         Terminal& terminal) {
  const auto view = engine.TakeSnapshot();
  SLUICE_TRY(const auto indexes, StoredIndexes::Load(*view, options.data));
  uint64_t told = 0;
  const auto verify = Options(options, indexes, "verified versions of", told, terminal);
  SLUICE_TRY(auto summary, storage::Verify(*view, verify, stop));
  SLUICE_TRY(storage::VerifyFiles(engine, verify, summary));
  const auto snapshot = storage::MakeSnapshot(view);
  SLUICE_TRY(pipe::VerifyPipes(*snapshot, [&](std::string_view pipe, const std::string& what) {
    verify.on_difference("", fmt::format("pipe {}: {}", pipe, what));
  }));
  terminal.EndProgress();
  if (told > options.differences_max)
    terminal.Print("… and {} more\n", Grouped(told - options.differences_max));
  terminal.Print("{} datasets, {} versions, {} differences\n", Grouped(summary.datasets),
                 Grouped(summary.versions), Grouped(told));
  return told == 0 ? 0 : 1;
}

Result<int> Rebuild(const VerifyDataOptions& options, const Stop& stop, Terminal& terminal) {
  SLUICE_TRY(const auto engine, OpenData(options.data));
  const storage::VerifyOptions rebuild{
      .find_extractor = {},
      .on_difference = {},
      .on_progress = [&](std::string_view dataset, uint64_t done, uint64_t total) {
        terminal.Progress(fmt::format("rebuilt versions of {}", dataset), done, total);
      }};
  SLUICE_TRY(const auto summary, storage::Rebuild(*engine, rebuild, stop));
  SLUICE_TRY(engine->Sync());
  terminal.EndProgress();
  terminal.Print("{} datasets with {} versions were made anew; indexes fill when the hub starts\n",
                 Grouped(summary.datasets), Grouped(summary.versions));
  return VerifyEngine(*engine, options, stop, terminal);
}

}  // namespace

int VerifyData(const VerifyDataOptions& options, const Stop& stop, Terminal& terminal) {
  const auto engine = OpenData(options.data);
  if (!engine.ok()) return Fail(engine.error(), terminal);
  const auto status = VerifyEngine(**engine, options, stop, terminal);
  return status.ok() ? *status : Fail(status.error(), terminal);
}

int RebuildData(const VerifyDataOptions& options, const Stop& stop, Terminal& terminal) {
  const auto status = Rebuild(options, stop, terminal);
  return status.ok() ? *status : Fail(status.error(), terminal);
}

}  // namespace sluice::server
