#include "pipe/tracking/tracking_plan.h"

#include <algorithm>

#include "pipe/dtl_transform.h"

namespace sluice::pipe {
namespace {

class Planner {
 public:
  explicit Planner(const TrackingInput& input) : input_(input) {}

  TrackingPlan Make() {
    source_ = input_.source ? input_.source->by_id() : nullptr;
    ReadThresholds();
    LimitHops();
    if (!input_.source) return std::move(plan_);
    const Continuation continuation = input_.source->continuation();
    // Without since-values every run is a full one, so everything is worked out anew each time.
    always_full_ = !continuation.supports_since ||
                   (!continuation.is_chronological && !continuation.is_since_comparable);
    shares_outputs_ = source_ && source_->shares_ids();
    for (size_t i = 0; i < input_.transforms->size(); ++i) AddTransform(i);
    if (shares_outputs_) KeepOutputs();
    plan_.ends_gone = source_ && source_->gives_gone() && !input_.transforms->empty();
    if (plan_.follows()) {
      plan_.recording = plan_.inverse.records_all ? Recording::kAll : Recording::kDeleted;
      for (const auto& transform : *input_.transforms) {
        if (auto* const dtl = dynamic_cast<DtlTransform*>(transform.get())) {
          dtl->Record(plan_.recording);
        }
      }
    }
    return std::move(plan_);
  }

 private:
  void NotExact(const std::string& reason) {
    auto& reasons = plan_.not_exact;
    if (std::ranges::find(reasons, reason) == reasons.end()) reasons.push_back(reason);
  }

  void AddTransform(size_t i) {
    const auto* const dtl = dynamic_cast<const DtlTransform*>((*input_.transforms)[i].get());
    if (!dtl) {
      if (!(*input_.transforms)[i]->keeps_origins()) lost_origins_ = true;
      shares_outputs_ |= (*input_.transforms)[i]->splits();
      return;
    }
    const dtl::Analysis& analysis = dtl->analysis();
    for (const std::string& reason : analysis.not_exact) NotExact(reason);
    if (analysis.reads_metadata) NotExact("reads _updated, _ts, _hash or _previous");
    shares_outputs_ |= analysis.creates || analysis.rewrites_id;
    if (analysis.hops.empty() || always_full_) return;
    if (!source_) {
      NotExact("hops on entities from a source that is not kept here");
      return;
    }
    AddProgram(analysis, input_.source->datasets(), WhyNotStored(i), input_.sink_dataset,
               plan_.inverse);
    if (plan_.inverse.records_all && lost_origins_) {
      NotExact("hops behind a transform that does not tell what came from what");
    }
  }

  std::string WhyNotStored(size_t i) const {
    if (i != 0) return "hops in a transform that is not the first";
    if (input_.add_namespaces) return "the pipe adds namespaces";
    if (!source_->gives_stored()) return "the source gives other entities than those stored";
    return {};
  }

  void KeepOutputs() {
    if (always_full_ || !input_.has_sink) return;
    if (source_ && !lost_origins_) {
      plan_.keeps_outputs = true;
      plan_.keeps_outputs_for_good = !input_.has_dataset_sink;
    } else if (!source_) {
      NotExact("several outputs of entities from a source that is not kept here");
    } else {
      NotExact("several outputs behind a transform that does not tell what came from what");
    }
  }

  void ReadThresholds() {
    TrackingThresholds& thresholds = plan_.thresholds;
    const config::ConfigView view = input_.pipe["dependency_tracking"];
    const auto read = [&](const char* name, uint64_t fallback) {
      const auto number = view[name].value().AsInteger();
      return number && *number > 0 ? static_cast<uint64_t>(*number) : fallback;
    };
    thresholds.warning_entities = read("dependency_warning_threshold", thresholds.warning_entities);
    thresholds.warning_bytes =
        read("dependency_warning_threshold_total_bytes", thresholds.warning_bytes);
    const auto read_error = [&](const char* name, uint64_t usual, bool stated) {
      const uint64_t number = read(name, usual);
      return stated || number != usual ? number : 0;
    };
    thresholds.error_entities =
        read_error("dependency_error_threshold", 50'000, input_.states_error_entities);
    hops_error_entities_ = read("dependency_error_threshold", 50'000);
    hops_error_bytes_ = read("dependency_error_threshold_total_bytes", 134'217'728);
    thresholds.error_bytes = read_error("dependency_error_threshold_total_bytes", 134'217'728,
                                        input_.states_error_bytes);
  }

  // enable_hops_thresholds: the same for what a hop finds.
  void LimitHops() {
    if (!input_.pipe["dependency_tracking"]["enable_hops_thresholds"].value().IsTrue()) return;
    const TrackingThresholds& t = plan_.thresholds;
    for (const auto& transform : *input_.transforms) {
      if (auto* const dtl = dynamic_cast<DtlTransform*>(transform.get())) {
        dtl->SetThresholds({.warning_entities = t.warning_entities,
                            .warning_bytes = t.warning_bytes,
                            .error_entities = hops_error_entities_,
                            .error_bytes = hops_error_bytes_});
      }
    }
  }

  const TrackingInput& input_;
  TrackingPlan plan_;
  uint64_t hops_error_entities_ = 0;
  uint64_t hops_error_bytes_ = 0;
  SourceById* source_ = nullptr;
  bool always_full_ = false;
  bool lost_origins_ = false;
  bool shares_outputs_ = false;
};

}  // namespace

TrackingPlan MakeTrackingPlan(const TrackingInput& input) { return Planner(input).Make(); }

}  // namespace sluice::pipe
