// What a source, a transform and a sink is. Connectors implement these; pumps drive them.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/stop.h"
#include "pipe/batch.h"
#include "storage/store.h"
#include "value/value.h"

namespace sluice::dtl {
class IndexedKey;
}

namespace sluice::pipe {

enum class RunKind {
  kIncremental,  // From the stored offset.
  kFull,         // Everything; what does not come is deleted afterwards.
  kRescan,       // Everything, beside incremental runs.
  kPartialRescan,
};

// How a source is opened for one run.
struct OpenRequest {
  RunKind kind = RunKind::kIncremental;
  // The last `_updated` that was handled, as the source gave it; null: from the beginning.
  Value since;
  // Preview and tests: read at most this many, follow no offsets.
  std::optional<size_t> limit;
  std::shared_ptr<const storage::Snapshot> snapshot;  // What dataset sources and lookups read.
  bool stores = false;         // A pump's run: what SourceReader::TakeState gives is stored.
  bool wants_sources = false;  // Fill Batch::sources and origins.
};

// Reads entities in the source's own order. Used by one thread at a time.
class SourceReader {
 public:
  virtual ~SourceReader() = default;
  // Returns the next entities, at most `entities_max`; none means the end. May block, until `stop`
  // is set. After an error the reader is spent: the pump opens a new one at the last offset it
  // stored.
  virtual Result<Batch> Next(size_t entities_max, const Stop& stop) = 0;
  // The since-value to store once everything given so far is handled; null: nothing to store.
  virtual Value since() const = 0;
  // After the end: whether all of the source was read, so that what did not come can be deleted.
  virtual bool complete() const = 0;
  // What the source remembers of everything given so far, to be stored with since() in one commit,
  // also where since() stays the same. Taken once; what is taken and not stored, because the run
  // fails, is made again by the reader that is opened next.
  virtual std::vector<storage::StateChange> TakeState() { return {}; }
  // Whether it reads what TakeState gave in the store: that must be there before the next Next.
  virtual bool reads_its_state() const { return false; }
  // After the end: what people should know of the data that was read; one sentence each.
  virtual std::vector<std::string> warnings() const { return {}; }
};

// configuration-sources.rst, continuation support.
struct Continuation {
  bool supports_since = false;
  bool is_since_comparable = true;
  bool is_chronological = false;
  bool is_chronological_full = true;
};

// What dependency tracking asks of a source: entities again, by id.
class SourceById {
 public:
  virtual ~SourceById() = default;
  // Whether entities come as they are stored, under the same ids, so that joins with them can be
  // followed through indexes over datasets().
  virtual bool gives_stored() const = 0;
  // Whether two entities that it gives may have one `_id`.
  virtual bool shares_ids() const { return false; }
  // Whether it gives deletions that a full run does not (SourceEntity::gone).
  virtual bool gives_gone() const { return false; }
  // SourceEntity::id of what is stored as `id` in one of datasets().
  virtual std::string SourceIdOf(std::string_view dataset, std::string_view id) const = 0;
  // The newest versions of these entities, deleted ones included, as Next would have given them,
  // with `sources` and `origins` filled. Left out are those that are gone and, with `before`, a
  // since-value, those that a reader from there on gives.
  virtual Result<Batch> ReadAgain(std::span<const std::string> ids, std::optional<Value> before,
                                  std::shared_ptr<const storage::Snapshot> snapshot,
                                  const Stop& stop) = 0;
};

class Source {
 public:
  virtual ~Source() = default;
  virtual Continuation continuation() const = 0;
  virtual Result<std::unique_ptr<SourceReader>> Open(const OpenRequest& request) = 0;
  // Datasets it reads: their commits signal the pipe.
  virtual std::vector<std::string> datasets() const { return {}; }
  // Where since-values belong to something that can be replaced (a dataset's incarnation): its name
  // now. A pipe whose stored name is another one starts from the beginning. Empty: since-values are
  // always good.
  virtual std::string since_scope() const { return {}; }
  // Whether `since`, stored where the scope was `stored`, is still good where it is `now`.
  virtual bool KeepsSince(const Value& since, std::string_view stored, std::string_view now) const {
    (void)since;
    return stored == now;
  }
  // Where `since` stands in one of datasets(): the first offset that is not read yet; nothing where
  // that is not known.
  virtual std::optional<storage::Offset> PositionIn(std::string_view dataset,
                                                    const Value& since) const {
    (void)dataset, (void)since;
    return std::nullopt;
  }
  // The since-value behind all that datasets() hold now; null where they hold nothing. It may lie
  // in the arena.
  virtual Value SinceAtEnd(Arena& arena) const {
    (void)arena;
    return Value::Null();
  }
  // Null where entities cannot be read again.
  virtual SourceById* by_id() { return nullptr; }
  // Whether it holds everything yet (a dataset: whether a full run has filled it). What an
  // unpopulated source does not have is not taken away downstream by itself.
  virtual bool populated() const { return true; }
  // The indexes that its reading needs, kept in step with the configuration, and building them,
  // which comes before the first Open of a run.
  virtual std::vector<std::shared_ptr<const dtl::IndexedKey>> indexes() const { return {}; }
  virtual Result<void> Prepare(const Stop& stop) {
    (void)stop;
    return {};
  }
  // False where reading never waits for anything but the store: such pipes share a few threads.
  virtual bool is_external() const { return true; }
  // True for http_endpoint: entities come through a Receiver; there is no pump.
  virtual bool is_endpoint() const { return false; }
};

// Maps a batch. May be called by several threads where `ordered` is false.
class Transform {
 public:
  virtual ~Transform() = default;
  virtual Result<Batch> Apply(Batch batch, const Stop& stop) = 0;
  // Datasets it reads beside its input.
  virtual std::vector<std::string> datasets() const { return {}; }
  // Called before a run's first batch: builds the indexes it needs.
  virtual Result<void> Prepare(const Stop& stop) {
    (void)stop;
    return {};
  }
  // What people should know of what it has done since it was asked last; one sentence each.
  virtual std::vector<std::string> TakeWarnings() { return {}; }
  // See Source::is_external.
  virtual bool is_external() const { return true; }
  // Whether it tells by Batch::origins what came from what.
  virtual bool keeps_origins() const { return false; }
  // Whether it may make entities of other ids than those it is given.
  virtual bool splits() const { return false; }
  // Whether it reads the dataset that the pipe writes, so that each batch must see the one before
  // committed.
  virtual bool reads_sink() const { return false; }
  // Whether its rules have asked for the sink's circuit breaker to trip since it was asked last.
  virtual bool TakeTripped() { return false; }
};

// What must be stored with a batch, so that a crash repeats nothing inside the hub.
struct Checkpoint {
  std::vector<storage::StateChange> state;
  bool source_populated = false;  // For Finish: see Source::populated.
};

struct WriteCounts {
  uint64_t written = 0;  // Accepted as changed.
  uint64_t unchanged = 0;
  uint64_t deleted = 0;            // Of the written: deletions.
  bool checkpoint_stored = false;  // The checkpoint was part of the sink's own commit.
};

// One run's writing. Used by one thread at a time.
class SinkWriter {
 public:
  virtual ~SinkWriter() = default;
  // Returns when the target has acknowledged the batch, or when it is held for the next commit
  // together with its checkpoint. A sink may see a batch again after a crash.
  // After an error nothing of the batch may be taken as written. Once batches that were held are
  // lost with one, every further call gives it again.
  virtual Result<WriteCounts> Write(const Batch& batch, const Checkpoint& checkpoint,
                                    const Stop& stop) = 0;
  // The run has come to its end; `complete` says that a full run read all. Deletion tracking
  // happens here.
  virtual Result<WriteCounts> Finish(bool complete, const Checkpoint& checkpoint,
                                     const Stop& stop) = 0;
  // The run failed or was stopped: what a full run has seen is forgotten.
  virtual void Abort() = 0;
  // The same, but a full run may be taken up again later; see Sink::OpenAgain.
  virtual void Suspend() { Abort(); }
  // The rules ask for the sink's circuit breaker to trip (features/circuit-breakers.rst): what the
  // run has written so far waits for people. Nothing where the sink has none, or it is not active.
  virtual Result<void> Trip(std::string_view message) {
    (void)message;
    return {};
  }
  // From now on each Write is committed when it returns: the run reads what it has written.
  virtual void ShowEachWrite() {}
  // Whether batches and their checkpoints are held: a later checkpoint must come through Write.
  virtual bool holds() const { return false; }
  // Names the full run that goes on, for Sink::OpenAgain; 0: it cannot be taken up again.
  virtual uint64_t full_run() const { return 0; }
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual Result<std::unique_ptr<SinkWriter>> Open(RunKind kind, const Stop& stop) = 0;
  // Takes up a full run that was suspended, also before a restart; null if it is gone.
  virtual Result<std::unique_ptr<SinkWriter>> OpenAgain(uint64_t full_run, const Stop& stop) {
    (void)full_run, (void)stop;
    return std::unique_ptr<SinkWriter>();
  }
  // The dataset it writes; empty if it writes to none.
  virtual std::string dataset() const { return {}; }
  // See Source::is_external.
  virtual bool is_external() const { return true; }
  // How many source entities a batch has where the pipe does not say.
  virtual size_t default_batch_size() const { return limits::kBatchEntities; }
  // True: Write takes several batches at once, up to limits::kCommitEntitiesMax.
  virtual bool coalesces() const { return false; }
  // True for http_endpoint, csv_endpoint, …: entities go out through a Publisher; there is no pump.
  virtual bool is_endpoint() const { return false; }
};

}  // namespace sluice::pipe
