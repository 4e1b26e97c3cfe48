// Backups: a folder with a backup of the whole data folder for each moment.
//
//   2026-11-23T05-40-11Z/   named by the time (UTC) at which it was made
//     store/                as storage/backup.h
//     secrets.key, jwt.key  what the store's secrets and the tokens are sealed with
//   making/                 one that is not complete

#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/stop.h"
#include "storage/store.h"

namespace sluice::server {

struct BackupMade {
  std::string name;
  storage::BackupReport report;
  std::vector<std::string> removed;  // Older ones, over the number that is kept.
};

// May be used by several threads; backups are made one at a time.
class Backups {
 public:
  // `keep`: how many are kept; 0: all.
  Backups(std::string folder, size_t keep, const Clock& clock)
      : folder_(std::move(folder)), keep_(keep), clock_(clock) {}

  // Of an open store and the data folder that it lies in.
  Result<BackupMade> Make(storage::Store& store, const std::string& data, const Stop& stop);
  // Their names, oldest first. Empty if the folder is not there.
  Result<std::vector<std::string>> List() const;
  // When the newest was made; nothing if there is none.
  Result<std::optional<WallTime>> Newest() const;
  const std::string& folder() const { return folder_; }

 private:
  Result<std::vector<std::string>> Prune() const;

  const std::string folder_;
  const size_t keep_;
  const Clock& clock_;
  std::mutex one_at_a_time_;
};

// Makes a data folder from a backup, checking every file; then holds the store's content against
// its logs. `data` must not be there, or be empty.
struct Restored {
  storage::BackupReport report;
  uint64_t versions = 0;
};
using OnProgress = std::function<void(std::string_view what, uint64_t done, uint64_t total)>;
Result<Restored> Restore(const std::string& backup, const std::string& data,
                         const OnProgress& progress, const Stop& stop);

}  // namespace sluice::server
