#include "server/backup_data.h"

#include <algorithm>
#include <filesystem>

#include "api/json_writer.h"
#include "net/http_client.h"
#include "server/node.h"

namespace sluice::server {
namespace {

// A failed backup is tried again so soon.
constexpr auto kTryAgainAfter = std::chrono::minutes(5);
constexpr size_t kAnswerBytesMax = 1024 * 1024;
constexpr size_t kTokenBytesMax = 16 * 1024;

int Fail(const Error& error, Terminal& terminal) {
  terminal.EndProgress();
  terminal.Complain("{}\n", terminal.Paint(Colour::kRed, error.ToText()));
  return error.code == Code::kCorrupt ? 1 : 2;
}

bool IsUrl(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://");
}

Result<std::string> AskHub(const BackupDataOptions& options, const Stop& stop) {
  net::HttpRequest request{.method = "POST", .url = options.from};
  while (request.url.ends_with('/')) request.url.pop_back();
  if (!request.url.ends_with("/api")) request.url += "/api";
  request.url += "/backups";
  if (!options.token.empty()) {
    SLUICE_TRY(auto token, ReadFile(options.token, kTokenBytesMax));
    while (!token.empty() && token.back() == '\n') token.pop_back();
    request.headers.emplace_back("Authorization", "Bearer " + token);
  }
  net::HttpClient client({});
  SLUICE_TRY(const auto response, client.Send(std::move(request), stop));
  SLUICE_TRY(net::CheckStatus(*response, SystemClock(), stop));
  return response->ReadAll(kAnswerBytesMax, stop);
}

Result<std::string> BackUpFolder(const BackupDataOptions& options, const Stop& stop) {
  if (options.folder.empty()) {
    return MakeError(Code::kBadRequest, "expected the folder for the backup, found none");
  }
  std::error_code failed;
  if (!std::filesystem::exists(options.from + "/store/FORMAT", failed)) {
    return MakeError(Code::kNotFound, "{} is no data folder: it has no store/FORMAT", options.from);
  }
  SLUICE_TRY(const auto store, storage::OpenRocksStore(options.from + "/store", {}));
  Backups backups(options.folder, options.keep, SystemClock());
  SLUICE_TRY(const auto made, backups.Make(*store, options.from, stop));
  return ToJson(made);
}

Result<std::string> FindBackup(const std::string& from) {
  std::error_code failed;
  if (std::filesystem::exists(from + "/store/FILES", failed)) return from;
  SLUICE_TRY(const auto names, Backups(from, 0, SystemClock()).List());
  if (!names.empty()) return from + "/" + names.back();
  return MakeError(Code::kNotFound, "{} is no backup and holds none", from);
}

}  // namespace

std::string ToJson(const BackupMade& made) {
  api::JsonWriter json;
  json.BeginObject().Name("_id").String(made.name);
  json.Name("files").Count(made.report.files).Name("bytes").Count(made.report.bytes);
  json.Name("copied_files").Count(made.report.copied_files);
  json.Name("copied_bytes").Count(made.report.copied_bytes);
  json.Name("removed").Strings(made.removed).EndObject();
  return json.Take();
}

int BackupData(const BackupDataOptions& options, const Stop& stop, Terminal& terminal) {
  const auto made = IsUrl(options.from) ? AskHub(options, stop) : BackUpFolder(options, stop);
  if (!made.ok()) {
    Fail(made.error(), terminal);
    return 2;
  }
  terminal.Print("{}\n", *made);
  return 0;
}

int RestoreData(const RestoreDataOptions& options, const Stop& stop, Terminal& terminal) {
  const auto backup = FindBackup(options.from);
  if (!backup.ok()) return Fail(backup.error(), terminal);
  const auto restored = Restore(
      *backup, options.data,
      [&](std::string_view what, uint64_t done, uint64_t total) {
        terminal.Progress(what, done, total);
      },
      stop);
  if (!restored.ok()) return Fail(restored.error(), terminal);
  terminal.EndProgress();
  terminal.Print("{}: {} files, {} bytes, {} versions, verified\n", *backup,
                 Grouped(restored->report.files), Grouped(restored->report.bytes),
                 Grouped(restored->versions));
  return 0;
}

BackupSchedule::BackupSchedule(Backups& backups, storage::Store& store, std::string data,
                               std::chrono::seconds every, const Clock& clock, Terminal& terminal)
    : backups_(backups),
      store_(store),
      data_(std::move(data)),
      every_(every),
      clock_(clock),
      terminal_(terminal),
      thread_([this](const std::stop_token& stop) { Run(Stop(stop)); }) {}

void BackupSchedule::Run(const Stop& stop) {
  std::chrono::nanoseconds wait{0};
  while (!stop.WaitFor(wait)) {
    const auto newest = backups_.Newest();
    const WallTime now = clock_.Now();
    if (newest.ok() && *newest && now < **newest + every_) {
      wait = **newest + every_ - now;
      continue;
    }
    const auto made =
        newest.ok() ? backups_.Make(store_, data_, stop) : Result<BackupMade>(newest.error());
    if (made.ok()) {
      terminal_.Complain("Backup {}\n", ToJson(*made));
      wait = every_;
    } else if (made.error().code != Code::kCancelled) {
      terminal_.Complain("ERROR: no backup: {}\n", made.error().ToText());
      wait = std::min<std::chrono::nanoseconds>(every_, kTryAgainAfter);
    }
  }
}

}  // namespace sluice::server
