// What a store says of the disk it lies on, and of its backups.

#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace sluice::storage {

// In memory all of it is 0.
struct DiskSpace {
  uint64_t total_bytes = 0;
  uint64_t free_bytes = 0;  // For processes without privileges.
  // What is written already, and needs its place in files yet.
  uint64_t unflushed_bytes = 0;
};

// What the store makes of it: `stopped` while commits with entities are refused.
struct SpaceStatus {
  DiskSpace disk;
  uint64_t needed_bytes = 0;  // What has to be free for writers to go on.
  bool stopped = false;
};

struct BackupOptions {
  std::string folder = {};    // Where the backup will be; must not be there, or be empty.
  std::string previous = {};  // An earlier backup beside it, whose files are shared; empty: none.
  // False: files are shared with `previous` only, so that the backup does not depend on the disk
  // blocks of the store.
  bool link_live_files = true;
};

struct BackupReport {
  uint64_t files = 0;
  uint64_t bytes = 0;
  uint64_t copied_files = 0;  // The others are hard links.
  uint64_t copied_bytes = 0;
};

}  // namespace sluice::storage
