// What a hub is made from, and what it is asked to do.

#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"
#include "config/secrets.h"
#include "pipe/registry.h"
#include "pipe/status.h"
#include "pipe/tracking/mistakes.h"
#include "storage/store.h"

namespace sluice::pipe {

struct HubOptions {
  storage::Store* store = nullptr;     // Outlives the hub.
  const Registry* registry = nullptr;  // With AddBuiltins and the connectors.
  const dtl::Catalogue* catalogue = nullptr;
  config::Secrets* secrets = nullptr;  // Loaded and saved by the hub; null: secrets are refused.
  const Clock* clock = &SystemClock();
  Random* random = &SystemRandom();
  std::string spill_folder = {};  // For what does not fit in memory; empty: the system's own.
  size_t threads = 0;             // For pipes inside the hub; 0: as many as the machine has cores.
  size_t blocking_threads_max = 50;  // For pipes that talk to the outside.
  // Of the ids of affected entities, for each run; more go to the store.
  size_t affected_bytes_max = limits::kAffectedBytesMax;
  // True: nothing runs by itself; whoever made the hub calls Step and Tick, on one thread. Waiting
  // for a run would never end.
  bool single_thread = false;
  bool schedules = true;  // False: pumps run when they are told to (`sluice run`, tests).
  bool signals = true;    // Commits wake the pipes that read them.
  std::function<void(std::string_view level, std::string_view message)> log = {};
  Mistakes mistakes = {};  // Of the model test.
};

enum class SecretsMode { kReplaceAll, kAdd };

// Where a preview looks at the entities.
enum class Stage {
  kSource,           // As the source gives them.
  kBeforeTransform,  // After namespaces were added.
  kAfterTransform,   // Filtered ones too, marked.
  kSink,             // What enters the sink: namespaces removed, filtered ones left out.
};
// "source", "before-transform", "before-transforms", "after-transform", "after-transforms", "sink".
std::optional<Stage> ParseStage(std::string_view name);

struct PreviewOptions {
  Stage stage = Stage::kSink;
  std::optional<size_t> limit;  // Source entities read.
  std::string since;            // JSON or bare text; empty: from the beginning.
};

enum class PumpOperation {
  kStart,  // A run now, also of a disabled pump. It is no error if one goes on.
  kStartRescan,
  kStop,
  kEnable,
  kDisable,         // With `argument` as the comment. A run that goes on ends.
  kReset,           // Forgets the offset: the next run is a full one.
  kUpdateLastSeen,  // `argument`: the since-value as JSON or bare text; empty resets.
  kSetLastSeenToEnd,
  kResetTracking,
  kResetRescan,
  kDiscardRetries,
  kDiscardInferredSchema,
};
// "start", "start-rescan", "update-last-seen", …; "reset" too.
std::optional<PumpOperation> ParsePumpOperation(std::string_view name);
std::string_view ToString(PumpOperation operation);

struct HubEvent {
  enum class Type {
    kConfigChanged,
    kRunStarted,
    kRunEnded,
    kPumpChanged,
    kRunAllStarted,
    kRunAllEnded
  };
  Type type = Type::kConfigChanged;
  std::string pipe;                   // Empty for what concerns the whole hub.
  const RunReport* report = nullptr;  // kRunEnded; valid during the call.
};

}  // namespace sluice::pipe
