#include "server/backups.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "crypto/key_file.h"
#include "server/node.h"
#include "storage/backup.h"
#include "storage/file_copy.h"
#include "storage/verify.h"
#include "value/instant.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;

constexpr size_t kKeyBytesMax = 4096;
constexpr const char* kKeys[] = {"secrets.key", "jwt.key"};
constexpr size_t kNameBytes = 20;  // 2026-11-23T05-40-11Z

// The names of what Make has made, and of nothing else.
bool IsName(std::string_view name) {
  constexpr std::string_view kPattern = "dddd-dd-ddTdd-dd-ddZ";
  static_assert(kPattern.size() == kNameBytes);
  if (name.size() != kNameBytes) return false;
  for (size_t i = 0; i < kNameBytes; ++i) {
    const bool digit = name[i] >= '0' && name[i] <= '9';
    if (kPattern[i] == 'd' ? !digit : name[i] != kPattern[i]) return false;
  }
  return true;
}

std::string NameOf(WallTime at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  auto text = DatetimeText({.seconds = seconds, .nanoseconds = 0});
  std::replace(text.begin(), text.end(), ':', '-');
  return text;
}

Error Failed(std::string_view doing, const std::string& path, const std::error_code& why) {
  return MakeError(Code::kIo, "{} {}: {}", doing, path, why.message());
}

Result<void> CopyKeys(const std::string& from, const std::string& to) {
  for (const auto* name : kKeys) {
    const auto key = ReadFile(from + "/" + name, kKeyBytesMax);
    if (!key.ok() && key.error().code == Code::kNotFound) continue;
    if (!key.ok()) return key.error();
    SLUICE_TRY(crypto::WritePrivateFile(to + "/" + name, *key));
  }
  return {};
}

Result<void> MakePrivateFolder(const std::string& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return Failed("making", folder, failed);
  // It holds keys.
  fs::permissions(folder, fs::perms::owner_all, failed);
  if (failed) return Failed("protecting", folder, failed);
  return {};
}

}  // namespace

Result<std::vector<std::string>> Backups::List() const {
  std::vector<std::string> names;
  std::error_code failed;
  if (!fs::exists(folder_, failed)) return names;
  for (const auto& entry : fs::directory_iterator(folder_, failed)) {
    auto name = entry.path().filename().string();
    if (IsName(name)) names.push_back(std::move(name));
  }
  if (failed) return Failed("reading", folder_, failed);
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::optional<WallTime>> Backups::Newest() const {
  SLUICE_TRY(const auto names, List());
  if (names.empty()) return std::optional<WallTime>();
  auto text = names.back();
  text[13] = text[16] = ':';
  const auto at = ParseDatetime(text);
  if (!at) return std::optional<WallTime>();
  return std::optional<WallTime>(WallTime(std::chrono::seconds(at->seconds)));
}

Result<BackupMade> Backups::Make(storage::Store& store, const std::string& data, const Stop& stop) {
  const std::lock_guard lock(one_at_a_time_);
  SLUICE_TRY(MakePrivateFolder(folder_));
  SLUICE_TRY(const auto before, List());
  BackupMade made{.name = NameOf(clock_.Now()), .report = {}, .removed = {}};
  if (!before.empty() && before.back() >= made.name) {
    return MakeError(Code::kConflict, "there is a backup {} already; one a second can be made",
                     before.back());
  }
  // Until it is complete it has another name, so no half one is ever taken for a backup.
  const std::string making = folder_ + "/making";
  std::error_code failed;
  fs::remove_all(making, failed);
  if (failed) return Failed("removing", making, failed);
  SLUICE_TRY(MakePrivateFolder(making));
  storage::BackupOptions options{.folder = making + "/store"};
  if (!before.empty()) options.previous = folder_ + "/" + before.back() + "/store";
  SLUICE_TRY(made.report, store.Backup(options, stop));
  SLUICE_TRY(CopyKeys(data, making));
  fs::rename(making, folder_ + "/" + made.name, failed);
  if (failed) return Failed("completing", making, failed);
  SLUICE_TRY(storage::SyncFolder(folder_));
  SLUICE_TRY(made.removed, Prune());
  return made;
}

Result<std::vector<std::string>> Backups::Prune() const {
  std::vector<std::string> removed;
  if (keep_ == 0) return removed;
  SLUICE_TRY(const auto names, List());
  for (size_t i = 0; i + keep_ < names.size(); ++i) {
    std::error_code failed;
    fs::remove_all(folder_ + "/" + names[i], failed);
    if (failed) return Failed("removing", folder_ + "/" + names[i], failed);
    removed.push_back(names[i]);
  }
  return removed;
}

Result<Restored> Restore(const std::string& backup, const std::string& data,
                         const OnProgress& progress, const Stop& stop) {
  std::error_code failed;
  if (fs::exists(data, failed) && !fs::is_empty(data, failed)) {
    return MakeError(Code::kConflict, "the folder {} is there already, and not empty", data);
  }
  SLUICE_TRY(MakePrivateFolder(data));
  const std::string store = data + "/store";
  Restored restored;
  SLUICE_TRY(
      restored.report,
      storage::RestoreBackup(
          backup + "/store", store,
          [&](uint64_t done, uint64_t total) { progress("copied bytes", done, total); }, stop));
  SLUICE_TRY(CopyKeys(backup, data));
  std::string first;
  const storage::VerifyOptions options{
      .find_extractor = {},
      .on_difference =
          [&](std::string_view dataset, const std::string& difference) {
            if (first.empty()) first = fmt::format("{}: {}", dataset, difference);
          },
      .on_progress = [&](std::string_view, uint64_t done,
                         uint64_t total) { progress("verified versions", done, total); }};
  SLUICE_TRY(const auto verified, storage::VerifyFolder(store, {}, options, stop));
  restored.versions = verified.versions;
  if (verified.differences == 0) return restored;
  return MakeError(Code::kCorrupt,
                   "{} was restored, but what it holds contradicts itself in {} places; the first: "
                   "{}",
                   data, verified.differences, first);
}

}  // namespace sluice::server
