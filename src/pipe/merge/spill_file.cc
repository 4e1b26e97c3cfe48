#include "pipe/merge/spill_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace sluice::pipe::merge {
namespace {

constexpr size_t kBufferBytes = 1 << 20;

Error Failed(std::string_view what) {
  return MakeError(Code::kIo, "a temporary file for sorting cannot be {}: {}", what,
                   std::strerror(errno));
}

}  // namespace

Result<SpillFile> SpillFile::Make(const std::string& folder) {
  std::error_code failed;
  const std::string where =
      folder.empty() ? std::filesystem::temp_directory_path(failed).string() : folder;
  std::string name = where + "/sluice-sort-XXXXXX";
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) return Failed("made in " + where);
  // Without a name it goes with the process, however that ends.
  ::unlink(name.c_str());
  return SpillFile(file);
}

SpillFile::SpillFile(SpillFile&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      size_(other.size_),
      buffer_(std::move(other.buffer_)) {}

SpillFile& SpillFile::operator=(SpillFile&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(size_, other.size_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

SpillFile::~SpillFile() {
  if (file_ >= 0) ::close(file_);
}

Result<void> SpillFile::Append(std::string_view bytes) {
  size_ += bytes.size();
  buffer_.append(bytes);
  if (buffer_.size() < kBufferBytes) return {};
  return Flush();
}

Result<void> SpillFile::Flush() {
  const char* at = buffer_.data();
  size_t left = buffer_.size();
  while (left > 0) {
    const ssize_t written = ::write(file_, at, left);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("written");
    at += written;
    left -= static_cast<size_t>(written);
  }
  buffer_.clear();
  return {};
}

Result<size_t> SpillFile::Read(uint64_t offset, char* to, size_t size) const {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(file_, to + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("read");
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

SpillReader::SpillReader(const SpillFile& file, uint64_t begin, uint64_t end, size_t buffer_bytes)
    : file_(&file), next_(begin), end_(end), buffer_bytes_(buffer_bytes) {}

Result<std::string_view> SpillReader::Take(size_t size) {
  if (buffer_.size() - at_ < size) {
    buffer_.erase(0, at_);
    at_ = 0;
    const size_t have = buffer_.size();
    const size_t wanted = std::max(buffer_bytes_, size) - have;
    const auto more = static_cast<size_t>(std::min<uint64_t>(wanted, end_ - next_));
    buffer_.resize(have + more);
    SLUICE_TRY(const size_t got, file_->Read(next_, buffer_.data() + have, more));
    buffer_.resize(have + got);
    next_ += got;
    if (got < more) return MakeError(Code::kIo, "a temporary file for sorting ends too early");
  }
  const auto taken = std::string_view(buffer_).substr(at_, size);
  at_ += taken.size();
  return taken;
}

}  // namespace sluice::pipe::merge
