#include "storage/store_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "storage/format.h"

namespace sluice::storage {
namespace {

constexpr std::string_view kFormatWord = "sluice-store ";

Error Failed(std::string_view doing, const std::string& path) {
  return MakeError(Code::kIo, "{} {}: {}", doing, path, std::strerror(errno));
}

// A file descriptor that is closed at the end.
class File {
 public:
  explicit File(int file) : file_(file) {}
  ~File() {
    if (file_ >= 0) close(file_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return file_; }
  bool ok() const { return file_ >= 0; }
  int Release() { return std::exchange(file_, -1); }

 private:
  int file_;
};

Result<void> SyncFolder(const std::string& folder) {
  const File file(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file.ok() || fsync(file.get()) != 0) return Failed("syncing", folder);
  return {};
}

Result<void> WriteFormat(const std::string& folder) {
  const std::string path = folder + "/FORMAT";
  const std::string text = fmt::format("{}{}\n", kFormatWord, kStoreFormat);
  // A torn FORMAT would look like a newer one: it is written beside and renamed.
  const std::string beside = path + ".new";
  {
    const File file(open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file.ok()) return Failed("making", beside);
    const auto written = write(file.get(), text.data(), text.size());
    if (written != static_cast<ssize_t>(text.size()) || fsync(file.get()) != 0)
      return Failed("writing", beside);
  }
  if (rename(beside.c_str(), path.c_str()) != 0) return Failed("making", path);
  return SyncFolder(folder);
}

Result<void> CheckFormat(const std::string& path, std::string_view text) {
  uint32_t format = 0;
  const bool word = text.starts_with(kFormatWord);
  if (word) {
    const auto number = text.substr(kFormatWord.size());
    const auto parsed = std::from_chars(number.data(), number.data() + number.size(), format);
    if (parsed.ec != std::errc()) format = 0;
  }
  if (format == 0) {
    return MakeError(Code::kCorrupt, "{}: expected \"{}{}\", found \"{}\"", path, kFormatWord,
                     kStoreFormat, text.substr(0, 40));
  }
  if (format > kStoreFormat) {
    return MakeError(
        Code::kBadConfig,
        "{}: the data has format {}, and this program knows formats up to {}: use a newer program",
        path, format, kStoreFormat);
  }
  return {};
}

}  // namespace

Result<StoreFolder> StoreFolder::Open(const std::string& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder + "/db", failed);
  if (failed) return MakeError(Code::kIo, "making the folder {}: {}", folder, failed.message());

  const std::string lock_path = folder + "/LOCK";
  File lock(open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!lock.ok()) return Failed("opening", lock_path);
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Failed("locking", lock_path);
    return MakeError(Code::kConflict, "the data folder {} is in use: another hub has it open",
                     folder);
  }

  const std::string format_path = folder + "/FORMAT";
  const File format(open(format_path.c_str(), O_RDONLY | O_CLOEXEC));
  if (format.ok()) {
    char text[64];
    const auto read_bytes = read(format.get(), text, sizeof text);
    if (read_bytes < 0) return Failed("reading", format_path);
    SLUICE_TRY(CheckFormat(format_path, {text, static_cast<size_t>(read_bytes)}));
  } else if (errno != ENOENT) {
    return Failed("opening", format_path);
  } else if (std::filesystem::exists(folder + "/db/CURRENT", failed)) {
    return MakeError(Code::kCorrupt, "{} is missing, but {}/db holds data", format_path, folder);
  } else {
    SLUICE_TRY(WriteFormat(folder));
  }
  StoreFolder opened;
  opened.folder_ = folder;
  opened.lock_file_ = lock.Release();
  return opened;
}

StoreFolder::~StoreFolder() {
  if (lock_file_ >= 0) close(lock_file_);
}

}  // namespace sluice::storage
