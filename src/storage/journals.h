// Journals: what of RocksDB's journals (its logs of writes and its manifests) is on the disk.
//
// RocksDB 7.8 takes a damaged place in a journal for the torn end that a loss of power leaves, and
// opens the store without what comes after it, even where files hold later changes. So each journal
// is hashed as it is written, the mark of what is synced (synced_mark.h) keeps the hashes, and what
// opening reads must have them. Internal to the engine.

#pragma once

#include <rocksdb/file_system.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::storage {

// The beginning of a journal: so many bytes, and their XXH3.
struct JournalPrefix {
  std::string name;  // Without its folder.
  uint64_t bytes = 0;
  uint64_t hash = 0;
};

// May be used by any thread.
class Journals {
 public:
  // While the store is being opened: what a journal of the name must begin with, if it is read.
  void Expect(std::vector<JournalPrefix> expected);
  void ExpectNothingMore();
  std::optional<JournalPrefix> Expected(std::string_view name) const;

  void NoteSynced(JournalPrefix prefix);
  void Forget(std::string_view name);
  // The newest of what is synced, at most `count`.
  std::vector<JournalPrefix> Synced(size_t count) const;

  // That a journal was read and is not as expected, or not to the end of that.
  void NoteDamage(const JournalPrefix& expected);
  // Whether no file may be changed any more, so that opening goes no further.
  bool RefuseChanges();
  // The damage for which a change was refused: without one, reading stopped for another reason.
  std::optional<JournalPrefix> refused_for() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, JournalPrefix, std::less<>> expected_;
  std::map<std::string, JournalPrefix, std::less<>> synced_;
  std::optional<JournalPrefix> damage_;
  bool refused_ = false;
};

// `file`, a new journal of the name, told to `journals` whenever it is synced.
std::unique_ptr<rocksdb::FSWritableFile> HashJournal(std::unique_ptr<rocksdb::FSWritableFile> file,
                                                     std::string_view name,
                                                     std::shared_ptr<Journals> journals);

// `file`, held against what is expected of it once it is given back.
std::unique_ptr<rocksdb::FSSequentialFile> CheckJournal(
    std::unique_ptr<rocksdb::FSSequentialFile> file, JournalPrefix expected,
    std::shared_ptr<Journals> journals);

}  // namespace sluice::storage
