// `sluice backup` and `sluice restore`, and the backups that a running hub makes by itself.

#pragma once

#include <string>
#include <thread>

#include "base/stop.h"
#include "server/backups.h"
#include "server/terminal.h"

namespace sluice::server {

struct BackupDataOptions {
  std::string from;    // A data folder that no hub uses, or the URL of a hub.
  std::string folder;  // Where backups lie; of a hub's URL: as it was started with.
  size_t keep = 0;     // 0: all.
  std::string token;   // A file with a token of the hub.
};

// 0: made; 2: it could not be.
int BackupData(const BackupDataOptions& options, const Stop& stop, Terminal& terminal);

struct RestoreDataOptions {
  std::string from;  // One backup, or a folder of backups: the newest.
  std::string data;
};

// 0: restored and sound; 1: a file of the backup is damaged; 2: it could not begin or was stopped.
int RestoreData(const RestoreDataOptions& options, const Stop& stop, Terminal& terminal);

// What is told of a backup, as JSON.
std::string ToJson(const BackupMade& made);

// Makes a backup whenever the newest is `every` old, on a thread of its own, until it is destroyed.
class BackupSchedule {
 public:
  BackupSchedule(Backups& backups, storage::Store& store, std::string data,
                 std::chrono::seconds every, const Clock& clock, Terminal& terminal);
  BackupSchedule(const BackupSchedule&) = delete;
  BackupSchedule& operator=(const BackupSchedule&) = delete;

 private:
  void Run(const Stop& stop);

  Backups& backups_;
  storage::Store& store_;
  const std::string data_;
  const std::chrono::seconds every_;
  const Clock& clock_;
  Terminal& terminal_;
  std::jthread thread_;
};

}  // namespace sluice::server
