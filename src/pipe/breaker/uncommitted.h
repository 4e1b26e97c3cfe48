// What a guarded run has written and not committed yet, as the store's state holds it beside the
// pipe's offset: the entities, and what is known of them as a whole.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/store.h"

namespace sluice::pipe {

// "pipe/PIPE/uncommitted/", below which all of it lies; removed with the pipe.
std::string UncommittedPrefix(std::string_view pipe);

// Of all that is uncommitted.
struct Uncommitted {
  enum class Stage {
    kOpen,        // The run goes on, or the next one goes on with it.
    kTripped,     // People decide.
    kCommitting,  // On its way into the dataset: this is finished, whatever happens.
    kDiscarding,  // Rolled back; what is left of it goes.
  };
  Stage stage = Stage::kOpen;
  storage::DatasetNumber dataset = 0;  // The incarnation it is for.
  uint64_t next = 0;                   // The number of the next entity.
  uint64_t entities = 0;               // Each id counts once.
  uint64_t live = 0;                   // Of the entities: those that the dataset has, live.
  std::string message;                 // Why it tripped.
  std::string state_before;            // The pipe's stored state when the run began; may be empty.
  std::optional<uint64_t> full_run;
  // The full run had come to its end when it tripped: what ends it, once it is committed.
  std::optional<storage::Store::FullRunOptions> end;
};

storage::StateChange PutUncommitted(std::string_view pipe, const Uncommitted& uncommitted);
storage::StateChange DropUncommitted(std::string_view pipe);
// Nothing where nothing is uncommitted. kCorrupt.
Result<std::optional<Uncommitted>> LoadUncommitted(const storage::Snapshot& snapshot,
                                                   std::string_view pipe);

// One entity's newest version, by number: the order in which they were written.
struct UncommittedEntity {
  uint64_t number = 0;
  std::string id;
  std::string record;
  Hash128 hash;
  bool deleted = false;
};
// What is known of an id without reading its record.
struct UncommittedHead {
  uint64_t number = 0;
  Hash128 hash;
  bool deleted = false;
  bool was_live = false;  // In the dataset.
};

void PutEntity(std::string_view pipe, const UncommittedHead& head, const storage::Append& append,
               std::vector<storage::StateChange>& changes);
void DropEntity(std::string_view pipe, std::string_view id, uint64_t number,
                std::vector<storage::StateChange>& changes);
Result<std::optional<UncommittedHead>> FindHead(const storage::Snapshot& snapshot,
                                                std::string_view pipe, std::string_view id);
// The oldest ones, in order: at most `entities_max`, and none more once there are `bytes_max`.
Result<std::vector<UncommittedEntity>> ReadUncommitted(const storage::Snapshot& snapshot,
                                                       std::string_view pipe, size_t entities_max,
                                                       size_t bytes_max);

}  // namespace sluice::pipe
