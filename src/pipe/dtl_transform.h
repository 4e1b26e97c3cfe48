// The transforms that pipe/ brings: DTL, and those that only reshape entities.

#pragma once

#include <atomic>
#include <mutex>

#include "pipe/indexes.h"
#include "pipe/registry.h"
#include "pipe/storage_lookup.h"
#include "pipe/tracking/recorded_keys.h"

namespace sluice::pipe {

// A compiled program at work (configuration-transforms-dtl.rst).
class DtlTransform final : public Transform {
 public:
  DtlTransform(std::shared_ptr<const dtl::Program> program, const MakeContext& context);

  Result<Batch> Apply(Batch batch, const Stop& stop) override;
  std::vector<std::string> datasets() const override;
  Result<void> Prepare(const Stop& stop) override;
  std::vector<std::string> TakeWarnings() override;
  bool is_external() const override { return false; }
  bool keeps_origins() const override { return true; }
  bool TakeTripped() override { return tripped_.exchange(false); }
  bool reads_sink() const override { return program_->analysis().hops_to_sink; }

  // What its joins have met since the pipe was configured, in batches of some size.
  JoinCountsByKey join_counts() const;
  const dtl::Analysis& analysis() const { return program_->analysis(); }
  // Which source entities' keys are noted in Batch::looked_up. Set once, while the pipe is
  // compiled.
  void Record(Recording recording) { recording_ = recording; }
  // For every lookup, where the pipe has enable_hops_thresholds. Set once, as above.
  void SetThresholds(const LookupThresholds& thresholds) { thresholds_ = thresholds; }

 private:
  Result<void> Prefetch(const std::vector<Entity>& entities, StorageLookup& lookup, Arena& arena);
  std::vector<LookedUp>* RecordsOf(Batch& batch, uint32_t source) const;

  std::shared_ptr<const dtl::Program> program_;
  storage::Store& store_;
  Indexes& indexes_;
  const Clock& clock_;
  Random& random_;
  std::string source_dataset_;
  Recording recording_ = Recording::kNone;
  std::atomic<bool> tripped_ = false;
  mutable std::mutex counts_mutex_;
  JoinCountsByKey counts_;
  std::optional<LookupThresholds> thresholds_;
  std::optional<std::string> warning_;  // Under counts_mutex_.
};

// "dtl" and "emit_children".
void AddTransforms(Registry& registry);

}  // namespace sluice::pipe
