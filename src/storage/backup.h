// Backups: a folder that holds a store as it was at one moment, and the list of its files.
//
//   FORMAT, LOCK, db/   as in a store's folder (store_folder.h): it can be opened as it is
//   FILES               each file of db/ with its size, checksum and time of change
//
// Tables never change once they are written, so a backup shares them: with the store by hard links
// where both are on one disk, else with the backup before it.

#pragma once

#include <functional>
#include <string>

#include "base/error.h"
#include "base/stop.h"
#include "storage/disk.h"

namespace sluice::storage {

// Takes the files of a checkpoint, a folder on the store's disk, into the new folder of a backup
// and writes the list. Everything is on the disk when it returns.
Result<BackupReport> TakeBackupFiles(const std::string& checkpoint, const BackupOptions& options,
                                     const Stop& stop);

// Reads every file of a backup and holds it against the list. kCorrupt names the first file that is
// missing, has another size or another checksum.
Result<BackupReport> VerifyBackup(const std::string& folder, const Stop& stop);

// Makes a store's folder from a backup: copies every file and checks it on the way. kConflict if
// there is something in the folder already, kCorrupt as VerifyBackup: then the folder is removed
// again.
Result<BackupReport> RestoreBackup(
    const std::string& backup, const std::string& folder,
    const std::function<void(uint64_t done, uint64_t total)>& progress, const Stop& stop);

}  // namespace sluice::storage
