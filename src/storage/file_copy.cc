#include "storage/file_copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

namespace sluice::storage {
namespace {

constexpr size_t kBlockBytes = 256 * 1024;

struct FreeState {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

class Checksum {
 public:
  Checksum() : state_(XXH3_createState()) { XXH3_128bits_reset(state_.get()); }
  void Add(const char* bytes, size_t count) { XXH3_128bits_update(state_.get(), bytes, count); }
  Hash128 Get() const {
    const auto hash = XXH3_128bits_digest(state_.get());
    return {.low = hash.low64, .high = hash.high64};
  }

 private:
  std::unique_ptr<XXH3_state_t, FreeState> state_;
};

Result<void> WriteAll(int file, const char* bytes, size_t count, const std::string& path) {
  while (count > 0) {
    const auto written = write(file, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return DiskError("writing", path);
    bytes += written;
    count -= static_cast<size_t>(written);
  }
  return {};
}

// Reads a file to its end; a copy goes to `to` unless that is negative.
Result<FileFacts> Pass(const std::string& from, int to, const std::string& to_path) {
  const OpenFile in(open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in.ok()) {
    if (errno == ENOENT) return MakeError(Code::kCorrupt, "{} is missing", from);
    return DiskError("opening", from);
  }
  const auto block = std::make_unique<char[]>(kBlockBytes);
  Checksum checksum;
  FileFacts facts;
  while (true) {
    const auto count = read(in.get(), block.get(), kBlockBytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return DiskError("reading", from);
    if (count == 0) break;
    const auto bytes = static_cast<size_t>(count);
    checksum.Add(block.get(), bytes);
    facts.bytes += bytes;
    if (to >= 0) SLUICE_TRY(WriteAll(to, block.get(), bytes, to_path));
  }
  facts.checksum = checksum.Get();
  return facts;
}

}  // namespace

OpenFile::~OpenFile() {
  if (file_ >= 0) close(file_);
}

int OpenFile::Release() { return std::exchange(file_, -1); }

Error DiskError(std::string_view doing, const std::string& path) {
  return MakeError(Code::kIo, "{} {}: {}", doing, path, std::strerror(errno));
}

Result<FileTimes> TimesOf(const std::string& path) {
  struct stat facts;
  if (stat(path.c_str(), &facts) != 0) return DiskError("looking at", path);
  constexpr int64_t kNanoseconds = 1'000'000'000;
  return FileTimes{.bytes = static_cast<uint64_t>(facts.st_size),
                   .changed_ns = facts.st_mtim.tv_sec * kNanoseconds + facts.st_mtim.tv_nsec};
}

Result<FileFacts> ReadFacts(const std::string& path) { return Pass(path, -1, path); }

Result<FileFacts> CopyFile(const std::string& from, const std::string& to) {
  const OpenFile out(open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out.ok()) return DiskError("making", to);
  SLUICE_TRY(const auto facts, Pass(from, out.get(), to));
  if (fsync(out.get()) != 0) return DiskError("syncing", to);
  return facts;
}

bool TryLink(const std::string& from, const std::string& to) {
  return link(from.c_str(), to.c_str()) == 0;
}

Result<std::vector<std::string>> FileNames(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    names.push_back(entry.path().filename().string());
  }
  if (failed) return MakeError(Code::kIo, "reading the folder {}: {}", folder, failed.message());
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> MakeFolder(const std::string& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return MakeError(Code::kIo, "making the folder {}: {}", folder, failed.message());
  return {};
}

Result<void> SyncFolder(const std::string& folder) {
  const OpenFile file(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file.ok() || fsync(file.get()) != 0) return DiskError("syncing", folder);
  return {};
}

Result<void> WriteWholeFile(const std::string& path, std::string_view content) {
  const std::string beside = path + ".new";
  {
    const OpenFile file(open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file.ok()) return DiskError("making", beside);
    SLUICE_TRY(WriteAll(file.get(), content.data(), content.size(), beside));
    if (fsync(file.get()) != 0) return DiskError("syncing", beside);
  }
  if (rename(beside.c_str(), path.c_str()) != 0) return DiskError("making", path);
  return SyncFolder(std::filesystem::path(path).parent_path().string());
}

Result<std::string> ReadWholeFile(const std::string& path, uint64_t bytes_max) {
  const OpenFile file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) {
    if (errno == ENOENT) return MakeError(Code::kNotFound, "{} is missing", path);
    return DiskError("opening", path);
  }
  std::string content;
  char block[4096];
  while (true) {
    const auto count = read(file.get(), block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return DiskError("reading", path);
    if (count == 0) return content;
    content.append(block, static_cast<size_t>(count));
    if (content.size() > bytes_max)
      return MakeError(Code::kTooLarge, "{} has over {} bytes", path, bytes_max);
  }
}

}  // namespace sluice::storage
