// The dataset sink: writes entities to a dataset's log (configuration-sinks-dataset.rst).

#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipe/indexes.h"
#include "pipe/registry.h"

namespace sluice::pipe {

// When a dataset is said to be populated.
enum class InitialOffset { kIfSourcePopulated, kNever, kAlways, kInitially, kOnload };

struct DatasetSinkOptions {
  std::string dataset;
  InitialOffset set_initial_offset = InitialOffset::kIfSourcePopulated;
  bool deletion_tracking = true;
  bool mark_deletion_tracked = false;
  size_t max_entity_bytes_size = 104'857'600;
  enum class Versions { kAllow, kFail, kIgnore } multiple_versions = Versions::kAllow;
  bool optimistic_locking = false;
  bool track_children = false;
  // features/circuit-breakers.rst: how many entities a run may change, the larger of the two; the
  // factor is of the dataset's entities.
  std::optional<double> breaker_factor = {};
  std::optional<uint64_t> breaker_count = {};
  bool may_trip = false;  // A transform of the pipe uses trip!.
  std::string pipe = {};
  // configuration-sinks-dataset.rst, `indexes`: made with the dataset, and filled where it is
  // there.
  IndexedKeys indexed = {};
  Indexes* indexes = nullptr;  // Needed where there are keys.
  storage::DatasetOptions storage;
};

// A part of a full run, or of none, with what is committed along with it.
struct DatasetWrite {
  std::optional<storage::DatasetNumber> dataset;  // The incarnation it must be; else any.
  std::optional<uint64_t> full_run;
  std::vector<storage::StateChange> state;
  bool populates = false;
};

class DatasetSink final : public Sink {
 public:
  DatasetSink(DatasetSinkOptions options, storage::Store& store, const Clock& clock)
      : options_(std::move(options)), store_(store), clock_(clock) {}

  Result<std::unique_ptr<SinkWriter>> Open(RunKind kind, const Stop& stop) override;
  Result<std::unique_ptr<SinkWriter>> OpenAgain(uint64_t full_run, const Stop& stop) override;
  std::string dataset() const override { return options_.dataset; }
  bool coalesces() const override { return true; }
  bool is_external() const override { return false; }

  const DatasetSinkOptions& options() const { return options_; }
  storage::Store& store() const { return store_; }
  const Clock& clock() const { return clock_; }
  // Makes the dataset where it is missing, or its options other than configured, and its indexes.
  Result<storage::DatasetInfo> Create() const;
  // One commit; makes the dataset where it is missing.
  Result<storage::CommitReceipt> Commit(std::span<const storage::Append> appends,
                                        DatasetWrite write) const;

 private:
  Result<storage::DatasetInfo> CreateDataset() const;

  DatasetSinkOptions options_;
  storage::Store& store_;
  const Clock& clock_;
  // The incarnation whose indexes are filled.
  mutable std::atomic<storage::DatasetNumber> indexed_{0};
};

void AddDatasetSink(Registry& registry);
void AddNullSink(Registry& registry);

}  // namespace sluice::pipe
