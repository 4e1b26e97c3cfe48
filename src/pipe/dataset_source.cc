// A run reads from snapshots that are renewed as it goes, so that none is held for long. What makes
// that exact: entities are read in the order of their offsets, and a version that is superseded
// behind the reader's back comes again later. A full run ends with a last snapshot, taken when all
// that was there at its start is read: every entity that is live in it has been given.

#include "pipe/dataset_source.h"

#include <fmt/format.h>

#include "config/option_table.h"
#include "dtl/program.h"

namespace sluice::pipe {
namespace {

using storage::DatasetInfo;
using storage::Offset;
using storage::Snapshot;

// How many entities are read from one snapshot before a newer one is taken.
constexpr size_t kEntitiesPerSnapshot = 20'000;

struct Options {
  std::string dataset;
  bool include_previous_versions = false;
  bool include_replaced = true;
  std::optional<config::ConfigView> subset;
};

const config::OptionTable<Options>& Table() {
  using config::Optional;
  using config::Required;
  using O = Options;
  static const config::OptionTable<O> table = {
      Required("dataset", &O::dataset, "The dataset to read."),
      Optional("include_previous_versions", &O::include_previous_versions,
               "Gives every version that is kept, not only the latest of each entity."),
      Optional("include_replaced", &O::include_replaced,
               "False leaves entities out whose $replaced is true."),
      Optional("subset", &O::subset,
               "[\"eq\", EXPRESSION, VALUE]: only entities where this holds. One that leaves the "
               "subset is taken away downstream."),
  };
  return table;
}

struct Setup {
  Options options;
  std::shared_ptr<const dtl::Expression> subset;
  storage::Store* store;
  const Clock* clock;
};

class DatasetReader final : public SourceReader {
 public:
  DatasetReader(std::shared_ptr<const Setup> setup, const OpenRequest& request, Offset from)
      : setup_(std::move(setup)),
        pinned_(request.snapshot),
        left_(request.limit),
        kind_(request.kind),
        next_(from) {}

  // Opens the first snapshot, so that what is missing is found before the run begins.
  Result<void> Begin() { return Renew(); }

  Result<Batch> Next(size_t entities_max, const Stop& stop) override {
    Batch batch;
    if (left_) entities_max = std::min(entities_max, *left_);
    while (batch.entities.empty() && entities_max != 0 && !ended_) {
      if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
      SLUICE_TRY(Read(entities_max, stop, batch));
    }
    if (left_) *left_ -= batch.entities.size();
    batch.snapshot = snapshot_;
    return batch;
  }

  Value since() const override {
    if (next_ == 0) return Value::Null();
    return Value::Integer(static_cast<int64_t>(next_ - 1));
  }

  bool complete() const override { return ended_ && found_; }

 private:
  // Takes a newer snapshot (or the one that was given) and a reader of it from where we stand.
  Result<void> Renew() {
    snapshot_ = pinned_ ? pinned_ : setup_->store->TakeSnapshot();
    SLUICE_TRY(const auto info, snapshot_->FindDataset(setup_->options.dataset));
    if (!info) {
      log_.reset();
      ended_ = true;
      return {};
    }
    if (found_ && info->number != number_) {
      return MakeError(Code::kConflict, "the dataset \"{}\" was replaced while it was read",
                       setup_->options.dataset);
    }
    found_ = true;
    number_ = info->number;
    if (!first_end_) first_end_ = info->next_offset;
    // See above: an incremental run leaves what came after its start to the next run.
    const bool incremental = kind_ == RunKind::kIncremental;
    storage::ReadOptions read{.from = next_, .history = setup_->options.include_previous_versions};
    if (incremental) read.to = std::max(*first_end_, next_);
    last_snapshot_ = pinned_ != nullptr || incremental || next_ >= *first_end_;
    SLUICE_TRY(log_, snapshot_->ReadLog(number_, read));
    read_from_snapshot_ = 0;
    return {};
  }

  Result<void> Read(size_t entities_max, const Stop& stop, Batch& batch) {
    if (!pinned_ && read_from_snapshot_ >= kEntitiesPerSnapshot && !Finishing()) {
      SLUICE_TRY(Renew());
    }
    SLUICE_TRY(log_->Next(entities_max, *batch.arena, batch.entities));
    const bool at_end = batch.entities.empty();
    next_ = std::max(next_, log_->position());
    read_from_snapshot_ += batch.entities.size();
    if (at_end) {
      if (last_snapshot_) {
        ended_ = true;
        return {};
      }
      return Renew();
    }
    return Filter(batch, stop);
  }

  // The last stretch of a full run stays on its snapshot, or a busy dataset would never end.
  bool Finishing() const { return last_snapshot_ && kind_ != RunKind::kIncremental; }

  Result<void> Filter(Batch& batch, const Stop& stop) {
    if (!setup_->options.include_replaced) {
      std::erase_if(batch.entities, [](const Entity& entity) {
        const Value replaced = entity.dict.Find("$replaced");
        return replaced.AsBoolean().value_or(false);
      });
    }
    if (!setup_->subset) return {};
    const dtl::Environment environment{.clock = setup_->clock, .stop = stop};
    for (Entity& entity : batch.entities) {
      SLUICE_TRY(auto is_in, setup_->subset->Evaluate(entity, environment, *batch.arena));
      if (!is_in.IsTrue()) entity.filtered = true;
    }
    return {};
  }

  std::shared_ptr<const Setup> setup_;
  std::shared_ptr<const Snapshot> pinned_;
  std::optional<size_t> left_;
  RunKind kind_;
  Offset next_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::unique_ptr<storage::LogReader> log_;
  storage::DatasetNumber number_ = 0;
  std::optional<Offset> first_end_;
  size_t read_from_snapshot_ = 0;
  bool last_snapshot_ = false;
  bool found_ = false;
  bool ended_ = false;
};

class DatasetSource final : public Source {
 public:
  explicit DatasetSource(Setup setup) : setup_(std::make_shared<const Setup>(std::move(setup))) {}

  Continuation continuation() const override {
    return {.supports_since = true, .is_since_comparable = true, .is_chronological = true};
  }

  Result<std::unique_ptr<SourceReader>> Open(const OpenRequest& request) override {
    Offset from = 0;
    if (!request.since.IsNull()) {
      const auto since = request.since.AsInteger();
      if (!since || *since < -1) {
        return MakeError(Code::kBadRequest,
                         "the since-value of a dataset source is an integer, found {}",
                         ToString(request.since.kind()));
      }
      from = static_cast<Offset>(*since + 1);
    }
    auto reader = std::make_unique<DatasetReader>(setup_, request, from);
    SLUICE_TRY(reader->Begin());
    return std::unique_ptr<SourceReader>(std::move(reader));
  }

  std::vector<std::string> datasets() const override { return {setup_->options.dataset}; }
  bool is_external() const override { return false; }

  std::string since_scope() const override {
    const auto info = setup_->store->FindDataset(setup_->options.dataset);
    return info ? IncarnationName(*info) : std::string("none");
  }

  bool populated() const override {
    const auto info = setup_->store->FindDataset(setup_->options.dataset);
    return info && info->populated;
  }

 private:
  std::shared_ptr<const Setup> setup_;
};

Result<std::unique_ptr<Source>> MakeDatasetSource(const config::ConfigView& config,
                                                  const MakeContext& context) {
  SLUICE_TRY(auto options, Table().Read(config));
  const config::ConfigView completeness = config["completeness"];
  if (completeness.value().IsTrue() || config["initial_completeness"].value().IsTrue()) {
    return MakeError(Code::kNotBuilt, "completeness of a dataset source");
  }
  Setup setup{.options = options, .subset = {}, .store = context.store, .clock = context.clock};
  if (options.subset && !options.subset->value().IsNull()) {
    config::Issues own;
    config::Issues& issues = context.issues ? *context.issues : own;
    const dtl::CompileOptions compile{.pipe_id = context.pipe_id, .namespaces = context.namespaces};
    SLUICE_TRY(setup.subset,
               dtl::CompileExpression(*options.subset, *context.catalogue, compile, issues));
  }
  return std::make_unique<DatasetSource>(std::move(setup));
}

}  // namespace

std::string IncarnationName(const DatasetInfo& info) {
  std::string name = fmt::format("{}:", info.number);
  for (const uint8_t byte : info.uuid) fmt::format_to(std::back_inserter(name), "{:02x}", byte);
  return name;
}

void AddDatasetSource(Registry& registry) {
  registry.AddSource({.type = "dataset",
                      .doc = "Reads the entities of a dataset, those that changed first to last.",
                      .options = Table().Describe(),
                      .make = MakeDatasetSource});
}

}  // namespace sluice::pipe
