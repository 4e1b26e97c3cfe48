#include "storage/store_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>

#include "storage/file_copy.h"
#include "storage/format.h"

namespace sluice::storage {
namespace {

constexpr std::string_view kFormatWord = "sluice-store ";

Result<void> WriteFormat(const std::string& folder) {
  // A torn FORMAT would look like a newer one: it is there whole or not at all.
  return WriteWholeFile(folder + "/FORMAT", fmt::format("{}{}\n", kFormatWord, kStoreFormat));
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

Result<StoreFolder> StoreFolder::Lock(const std::string& folder) {
  const std::string lock_path = folder + "/LOCK";
  OpenFile lock(open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!lock.ok()) return DiskError("opening", lock_path);
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return DiskError("locking", lock_path);
    return MakeError(Code::kConflict, "the data folder {} is in use: another hub has it open",
                     folder);
  }
  StoreFolder locked;
  locked.folder_ = folder;
  locked.lock_file_ = lock.Release();
  return locked;
}

Result<void> StoreFolder::CheckFormatOf(const std::string& folder) {
  const std::string path = folder + "/FORMAT";
  SLUICE_TRY(const auto text, ReadWholeFile(path, 4096));
  return CheckFormat(path, text);
}

Result<StoreFolder> StoreFolder::Make(const std::string& folder) {
  std::error_code failed;
  if (std::filesystem::exists(folder, failed) && !std::filesystem::is_empty(folder, failed)) {
    return MakeError(Code::kConflict, "the folder {} is there already, and not empty", folder);
  }
  std::filesystem::create_directories(folder, failed);
  if (failed) return MakeError(Code::kIo, "making the folder {}: {}", folder, failed.message());
  SLUICE_TRY(auto made, Lock(folder));
  SLUICE_TRY(WriteFormat(folder));
  return made;
}

Result<StoreFolder> StoreFolder::Open(const std::string& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder + "/db", failed);
  if (failed) return MakeError(Code::kIo, "making the folder {}: {}", folder, failed.message());
  SLUICE_TRY(auto opened, Lock(folder));

  std::error_code failed_look;
  const auto checked = CheckFormatOf(folder);
  if (checked.ok()) return opened;
  if (checked.error().code != Code::kNotFound) return checked.error();
  if (std::filesystem::exists(folder + "/db/CURRENT", failed_look)) {
    return MakeError(Code::kCorrupt, "{}/FORMAT is missing, but {}/db holds data", folder, folder);
  }
  SLUICE_TRY(WriteFormat(folder));
  return opened;
}

StoreFolder::~StoreFolder() {
  if (lock_file_ >= 0) close(lock_file_);
}

}  // namespace sluice::storage
