#include "storage/backup.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <vector>

#include "storage/file_copy.h"
#include "storage/store_folder.h"

namespace sluice::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListWord = "sluice-backup 1\n";
constexpr std::string_view kListName = "/FILES";
constexpr uint64_t kListBytesMax = 64 * 1024 * 1024;

struct ListedFile {
  std::string name;
  FileFacts facts;
  int64_t changed_ns = 0;  // Of the store's file.
};
using FileList = std::vector<ListedFile>;

std::string Encode(const FileList& list) {
  std::string text(kListWord);
  for (const auto& file : list) {
    text += fmt::format("{:016x}{:016x} {} {} {}\n", file.facts.checksum.high,
                        file.facts.checksum.low, file.facts.bytes, file.changed_ns, file.name);
  }
  return text + "end\n";
}

template <class Number>
bool TakeNumber(std::string_view& text, int base, char after, Number& number) {
  const auto end = text.find(after);
  if (end == std::string_view::npos) return false;
  const auto parsed = std::from_chars(text.data(), text.data() + end, number, base);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + end) return false;
  text.remove_prefix(end + 1);
  return true;
}

std::optional<ListedFile> ParseLine(std::string_view line) {
  if (line.size() < 33) return std::nullopt;
  ListedFile file;
  const auto hex = [&](size_t at, uint64_t& out) {
    const auto* begin = line.data() + at;
    return std::from_chars(begin, begin + 16, out, 16).ptr == begin + 16;
  };
  if (!hex(0, file.facts.checksum.high) || !hex(16, file.facts.checksum.low) || line[32] != ' ')
    return std::nullopt;
  line.remove_prefix(33);
  if (!TakeNumber(line, 10, ' ', file.facts.bytes) || !TakeNumber(line, 10, ' ', file.changed_ns))
    return std::nullopt;
  if (line.empty() || line.find('/') != std::string_view::npos || line.front() == '.')
    return std::nullopt;
  file.name = line;
  return file;
}

Result<FileList> ReadList(const std::string& folder) {
  const std::string path = folder + std::string(kListName);
  SLUICE_TRY(const auto text, ReadWholeFile(path, kListBytesMax));
  if (!text.starts_with(kListWord) || !text.ends_with("\nend\n")) {
    return MakeError(Code::kCorrupt, "{} is not the whole list of a backup's files", path);
  }
  std::string_view rest(text);
  rest.remove_prefix(kListWord.size());
  FileList list;
  while (rest != "end\n") {
    const auto end = rest.find('\n');
    auto file = ParseLine(rest.substr(0, end));
    if (!file) return MakeError(Code::kCorrupt, "{}: a bad line: {}", path, rest.substr(0, end));
    list.push_back(*std::move(file));
    rest.remove_prefix(end + 1);
  }
  return list;
}

// Tables and blobs are written once; the log of writes and the manifest go on being written.
bool NeverChanges(std::string_view name) { return name.ends_with(".sst"); }

class Taker {
 public:
  Taker(std::string checkpoint, const BackupOptions& options)
      : checkpoint_(std::move(checkpoint)), options_(options) {}

  Result<BackupReport> Run(const Stop& stop) {
    SLUICE_TRY(const auto target, StoreFolder::Make(options_.folder));
    SLUICE_TRY(MakeFolder(target.database_path()));
    LoadPrevious();
    SLUICE_TRY(const auto names, FileNames(checkpoint_));
    FileList list;
    for (const auto& name : names) {
      if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped while making a backup");
      SLUICE_TRY(auto file, Take(name, target.database_path()));
      report_.bytes += file.facts.bytes;
      ++report_.files;
      list.push_back(std::move(file));
    }
    SLUICE_TRY(SyncFolder(target.database_path()));
    SLUICE_TRY(WriteWholeFile(options_.folder + std::string(kListName), Encode(list)));
    SLUICE_TRY(SyncFolder(options_.folder));
    return report_;
  }

 private:
  // A previous backup that cannot be read shares nothing: this one is whole without it.
  void LoadPrevious() {
    if (options_.previous.empty()) return;
    auto list = ReadList(options_.previous);
    if (!list.ok()) return;
    for (auto& file : *list) previous_.emplace(file.name, file);
  }

  Result<ListedFile> Take(const std::string& name, const std::string& database) {
    const std::string from = checkpoint_ + "/" + name;
    const std::string to = database + "/" + name;
    SLUICE_TRY(const auto times, TimesOf(from));
    ListedFile file{.name = name, .facts = {}, .changed_ns = times.changed_ns};
    if (NeverChanges(name)) {
      SLUICE_TRY(const bool linked, Link(from, to, times, file));
      if (linked) return file;
    }
    SLUICE_TRY(file.facts, CopyFile(from, to));
    ++report_.copied_files;
    report_.copied_bytes += file.facts.bytes;
    return file;
  }

  Result<bool> Link(const std::string& from, const std::string& to, const FileTimes& times,
                    ListedFile& file) {
    const auto before = previous_.find(file.name);
    const bool same = before != previous_.end() && before->second.facts.bytes == times.bytes &&
                      before->second.changed_ns == times.changed_ns;
    if (same && TryLink(options_.previous + "/db/" + file.name, to)) {
      file.facts = before->second.facts;
      return true;
    }
    if (!options_.link_live_files || !TryLink(from, to)) return false;
    SLUICE_TRY(file.facts, ReadFacts(to));
    return true;
  }

  const std::string checkpoint_;
  const BackupOptions& options_;
  std::map<std::string, ListedFile> previous_;
  BackupReport report_;
};

Result<void> Compare(const std::string& path, const FileFacts& found, const FileFacts& expected) {
  if (found == expected) return {};
  return MakeError(Code::kCorrupt,
                   "{}: expected {} bytes with checksum {:016x}, found {} with {:016x}", path,
                   expected.bytes, expected.checksum.low, found.bytes, found.checksum.low);
}

// Restores into a folder that was empty, and leaves it empty if something fails.
class FolderGuard {
 public:
  explicit FolderGuard(std::string folder) : folder_(std::move(folder)) {}
  ~FolderGuard() {
    std::error_code ignored;
    if (!kept_) fs::remove_all(folder_, ignored);
  }
  FolderGuard(const FolderGuard&) = delete;
  FolderGuard& operator=(const FolderGuard&) = delete;
  void Keep() { kept_ = true; }

 private:
  const std::string folder_;
  bool kept_ = false;
};

}  // namespace

Result<BackupReport> TakeBackupFiles(const std::string& checkpoint, const BackupOptions& options,
                                     const Stop& stop) {
  return Taker(checkpoint, options).Run(stop);
}

Result<BackupReport> VerifyBackup(const std::string& folder, const Stop& stop) {
  SLUICE_TRY(const auto list, ReadList(folder));
  BackupReport report;
  for (const auto& file : list) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped while verifying {}", folder);
    const auto path = folder + "/db/" + file.name;
    SLUICE_TRY(const auto facts, ReadFacts(path));
    SLUICE_TRY(Compare(path, facts, file.facts));
    ++report.files;
    report.bytes += facts.bytes;
  }
  return report;
}

Result<BackupReport> RestoreBackup(const std::string& backup, const std::string& folder,
                                   const std::function<void(uint64_t, uint64_t)>& progress,
                                   const Stop& stop) {
  SLUICE_TRY(const auto list, ReadList(backup));
  SLUICE_TRY(StoreFolder::CheckFormatOf(backup));
  uint64_t total = 0;
  for (const auto& file : list) total += file.facts.bytes;
  SLUICE_TRY(const auto target, StoreFolder::Make(folder));
  FolderGuard guard(folder);
  SLUICE_TRY(MakeFolder(target.database_path()));
  BackupReport report;
  for (const auto& file : list) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped while restoring {}", backup);
    const auto from = backup + "/db/" + file.name;
    SLUICE_TRY(const auto facts, CopyFile(from, target.database_path() + "/" + file.name));
    SLUICE_TRY(Compare(from, facts, file.facts));
    ++report.files;
    report.bytes += facts.bytes;
    if (progress) progress(report.bytes, total);
  }
  report.copied_files = report.files;
  report.copied_bytes = report.bytes;
  SLUICE_TRY(SyncFolder(target.database_path()));
  SLUICE_TRY(SyncFolder(folder));
  guard.Keep();
  return report;
}

}  // namespace sluice::storage
