// Whole files: copied with their checksum, linked, synced. Errors are kIo with the path; a file
// that is not there is kCorrupt, since a list or a checkpoint has named it.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "value/value.h"

namespace sluice::storage {

struct FileFacts {
  uint64_t bytes = 0;
  Hash128 checksum;  // XXH3-128 of the content.
  bool operator==(const FileFacts&) const = default;
};

struct FileTimes {
  uint64_t bytes = 0;
  int64_t changed_ns = 0;  // Of the content, since 1970.
};

// A file descriptor that is closed at the end.
class OpenFile {
 public:
  explicit OpenFile(int file) : file_(file) {}
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return file_; }
  bool ok() const { return file_ >= 0; }
  int Release();

 private:
  int file_;
};

// kIo with `doing`, the path and errno in words.
Error DiskError(std::string_view doing, const std::string& path);

Result<FileTimes> TimesOf(const std::string& path);
// Reads the whole file.
Result<FileFacts> ReadFacts(const std::string& path);
// Copies to a new file and syncs it.
Result<FileFacts> CopyFile(const std::string& from, const std::string& to);
// False where the file system does not allow it (another disk, too many links).
bool TryLink(const std::string& from, const std::string& to);
// The names of a folder's files, in order.
Result<std::vector<std::string>> FileNames(const std::string& folder);
Result<void> MakeFolder(const std::string& folder);
Result<void> SyncFolder(const std::string& folder);
// Writes beside and renames, so that it is there whole or not at all.
Result<void> WriteWholeFile(const std::string& path, std::string_view content);
Result<std::string> ReadWholeFile(const std::string& path, uint64_t bytes_max);

}  // namespace sluice::storage
