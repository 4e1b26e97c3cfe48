#include "storage/synced_mark.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>

#include "storage/file_copy.h"

namespace sluice::storage {
namespace {

struct Mark {
  uint64_t sequence;
  uint64_t checksum;
};

uint64_t ChecksumOf(uint64_t sequence) { return XXH3_64bits(&sequence, sizeof sequence); }

}  // namespace

Result<SyncedMark> SyncedMark::Open(const std::string& folder) {
  const std::string path = folder + "/SYNCED";
  SyncedMark mark;
  mark.path_ = path;
  mark.file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (mark.file_ < 0) return DiskError("opening", path);
  // Takes its place on the disk now, so that a disk that is full later does not fail a sync.
  struct stat facts;
  if (fstat(mark.file_, &facts) != 0) return DiskError("looking at", path);
  if (facts.st_size == 0) SLUICE_TRY(mark.Write(0));
  return mark;
}

SyncedMark::~SyncedMark() {
  if (file_ >= 0) close(file_);
}

std::optional<uint64_t> SyncedMark::Read() const {
  Mark mark;
  if (pread(file_, &mark, sizeof mark, 0) != static_cast<ssize_t>(sizeof mark)) return std::nullopt;
  if (mark.checksum != ChecksumOf(mark.sequence)) return std::nullopt;
  return mark.sequence;
}

Result<void> SyncedMark::Write(uint64_t sequence) const {
  const Mark mark{.sequence = sequence, .checksum = ChecksumOf(sequence)};
  const auto written = pwrite(file_, &mark, sizeof mark, 0);
  if (written == static_cast<ssize_t>(sizeof mark)) return {};
  if (written >= 0) errno = ENOSPC;
  return DiskError("marking what is synced in", path_);
}

}  // namespace sluice::storage
