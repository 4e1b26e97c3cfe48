#include "crypto/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include "crypto/digest.h"

namespace sluice::crypto {
namespace {

constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

// Closes a file descriptor at the end of its scope.
class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

Error Failed(std::string_view what, const std::string& path) {
  return MakeError(Code::kIo, "cannot {} {}: {}", what, path, std::strerror(errno));
}

Result<void> WriteAll(int descriptor, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("write", path);
    content.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

// Makes a rename in this folder survive a loss of power.
Result<void> SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const File file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.descriptor() < 0) return Failed("open", folder);
  if (::fsync(file.descriptor()) != 0) return Failed("sync", folder);
  return {};
}

// `path` with its content, complete and synced, under a name of its own.
Result<std::string> WriteTemporary(const std::string& path, std::string_view content) {
  std::string temporary = path + "." + Hex(RandomBytes(8)) + ".new";
  const File file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly));
  if (file.descriptor() < 0) return Failed("create", temporary);
  auto written = WriteAll(file.descriptor(), content, temporary);
  if (written.ok() && ::fsync(file.descriptor()) != 0) written = Failed("sync", temporary);
  if (!written.ok()) {
    ::unlink(temporary.c_str());
    return written.TakeError();
  }
  return temporary;
}

Result<std::string> ReadKey(int descriptor, const std::string& path, size_t bytes) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return Failed("read", path);
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return MakeError(Code::kForbidden,
                     "{} must be readable by its owner only (mode 0600), its mode is {:04o}; "
                     "run: chmod 600 {}",
                     path, static_cast<unsigned>(status.st_mode & 07777), path);
  }
  std::string key(bytes + 1, '\0');
  size_t size = 0;
  while (size < key.size()) {
    const ssize_t got = ::read(descriptor, key.data() + size, key.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("read", path);
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size != bytes) {
    return MakeError(Code::kCorrupt,
                     "{} should hold a key of {} bytes, it holds {}; restore it from a backup: "
                     "without it, what it protects cannot be read",
                     path, bytes, size > bytes ? "more" : std::to_string(size));
  }
  key.resize(bytes);
  return key;
}

}  // namespace

Result<std::string> LoadOrCreateKey(const std::string& path, size_t bytes) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.descriptor() >= 0) return ReadKey(file.descriptor(), path, bytes);
  if (errno != ENOENT) return Failed("open", path);

  std::string key = RandomBytes(bytes);
  SLUICE_TRY(const std::string temporary, WriteTemporary(path, key));
  // A link, not a rename: of two processes that start at once the first one's key counts.
  const int linked = ::link(temporary.c_str(), path.c_str());
  const int link_error = errno;
  ::unlink(temporary.c_str());
  if (linked != 0 && link_error == EEXIST) {
    const File other(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (other.descriptor() < 0) return Failed("open", path);
    return ReadKey(other.descriptor(), path, bytes);
  }
  if (linked != 0) {
    errno = link_error;
    return Failed("create", path);
  }
  SLUICE_TRY(SyncFolderOf(path));
  return key;
}

Result<void> WritePrivateFile(const std::string& path, std::string_view content) {
  SLUICE_TRY(const std::string temporary, WriteTemporary(path, content));
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const Error error = Failed("write", path);
    ::unlink(temporary.c_str());
    return error;
  }
  return SyncFolderOf(path);
}

}  // namespace sluice::crypto
