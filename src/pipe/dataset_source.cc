#include "pipe/dataset_source.h"

#include "config/option_table.h"
#include "dtl/subset.h"
#include "pipe/dataset_reader.h"
#include "pipe/flow.h"

namespace sluice::pipe {
namespace {

using storage::Offset;

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
      Optional(
          "subset", &O::subset,
          "[\"eq\", INDEX_EXPRESSION, VALUE]: only entities for which this holds as in joins. One "
          "that leaves the "
          "subset is taken away downstream."),
  };
  return table;
}

struct Setup {
  Options options;
  std::shared_ptr<const dtl::Subset> subset;  // Null: the whole dataset.
  storage::Store* store;
};

void Filter(const Setup& setup, Batch& batch) {
  if (!setup.options.include_replaced) {
    std::erase_if(batch.entities, [](const Entity& entity) {
      const Value replaced = entity.dict.Find("$replaced");
      return replaced.AsBoolean().value_or(false);
    });
  }
  if (!setup.subset) return;
  for (Entity& entity : batch.entities) {
    if (!setup.subset->Contains(entity, *batch.arena)) entity.filtered = true;
  }
}

class DatasetSourceReader final : public SourceReader {
 public:
  DatasetSourceReader(std::shared_ptr<const Setup> setup, const OpenRequest& request, Offset from)
      : setup_(std::move(setup)),
        left_(request.limit),
        dataset_(*setup_->store, {.dataset = setup_->options.dataset,
                                  .kind = request.kind,
                                  .from = from,
                                  .history = setup_->options.include_previous_versions,
                                  .snapshot = request.snapshot}) {}

  Result<void> Begin() { return dataset_.Begin(); }

  Result<Batch> Next(size_t entities_max, const Stop& stop) override {
    if (left_) entities_max = std::min(entities_max, *left_);
    if (entities_max == 0) return Batch{};
    while (true) {
      SLUICE_TRY(Batch batch, dataset_.Next(entities_max, stop));
      if (batch.entities.empty()) return batch;
      Filter(*setup_, batch);
      if (batch.entities.empty()) continue;
      if (left_) *left_ -= batch.entities.size();
      return batch;
    }
  }

  Value since() const override {
    if (dataset_.position() == 0) return Value::Null();
    return Value::Integer(static_cast<int64_t>(dataset_.position() - 1));
  }

  bool complete() const override { return dataset_.complete(); }

 private:
  std::shared_ptr<const Setup> setup_;
  std::optional<size_t> left_;
  DatasetReader dataset_;
};

Result<Offset> OffsetAfter(const Value& since) {
  if (since.IsNull()) return Offset{0};
  const auto last = since.AsInteger();
  if (!last || *last < -1) {
    return MakeError(Code::kBadRequest,
                     "the since-value of a dataset source is an integer, found {}",
                     ToString(since.kind()));
  }
  return static_cast<Offset>(*last + 1);
}

class DatasetSource final : public Source, public SourceById {
 public:
  explicit DatasetSource(Setup setup) : setup_(std::make_shared<const Setup>(std::move(setup))) {}

  Continuation continuation() const override {
    return {.supports_since = true, .is_since_comparable = true, .is_chronological = true};
  }

  Result<std::unique_ptr<SourceReader>> Open(const OpenRequest& request) override {
    SLUICE_TRY(const Offset from, OffsetAfter(request.since));
    auto reader = std::make_unique<DatasetSourceReader>(setup_, request, from);
    SLUICE_TRY(reader->Begin());
    return std::unique_ptr<SourceReader>(std::move(reader));
  }

  std::vector<std::string> datasets() const override { return {setup_->options.dataset}; }
  bool is_external() const override { return false; }

  std::string since_scope() const override {
    const auto info = setup_->store->FindDataset(setup_->options.dataset);
    return info ? IncarnationName(*info) : std::string("none");
  }

  std::optional<Offset> PositionIn(std::string_view, const Value& since) const override {
    const auto from = OffsetAfter(since);
    return from.ok() ? std::optional(*from) : std::nullopt;
  }

  Value SinceAtEnd(Arena&) const override {
    const auto info = setup_->store->FindDataset(setup_->options.dataset);
    if (!info || info->next_offset == 0) return Value::Null();
    return Value::Integer(static_cast<int64_t>(info->next_offset - 1));
  }

  SourceById* by_id() override { return this; }
  bool gives_stored() const override { return true; }
  std::string SourceIdOf(std::string_view, std::string_view id) const override {
    return std::string(id);
  }

  Result<Batch> ReadAgain(std::span<const std::string> ids, std::optional<Value> before,
                          std::shared_ptr<const storage::Snapshot> snapshot, const Stop&) override {
    Batch batch;
    batch.snapshot = snapshot;
    SLUICE_TRY(const auto info, snapshot->FindDataset(setup_->options.dataset));
    if (!info) return batch;
    Offset end = UINT64_MAX;
    if (before) {
      SLUICE_TRY(end, OffsetAfter(*before));
    }
    const std::vector<std::string_view> wanted(ids.begin(), ids.end());
    SLUICE_TRY(const auto found, snapshot->Get(info->number, wanted, *batch.arena));
    for (const Entity* entity : found) {
      if (entity && static_cast<Offset>(*entity->updated.AsInteger()) < end) {
        batch.entities.push_back(*entity);
      }
    }
    Filter(*setup_, batch);
    NoteSources(batch);
    return batch;
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
  Setup setup{.options = options, .subset = {}, .store = context.store};
  if (options.subset && !options.subset->value().IsNull()) {
    config::Issues own;
    config::Issues& issues = context.issues ? *context.issues : own;
    const dtl::CompileOptions compile{.pipe_id = context.pipe_id, .namespaces = context.namespaces};
    SLUICE_TRY(setup.subset, dtl::CompileSubset(*options.subset, options.dataset,
                                                *context.catalogue, compile, issues));
  }
  return std::make_unique<DatasetSource>(std::move(setup));
}

}  // namespace

void AddDatasetSource(Registry& registry) {
  registry.AddSource({.type = "dataset",
                      .doc = "Reads the entities of a dataset, those that changed first to last.",
                      .options = Table().Describe(),
                      .make = MakeDatasetSource});
}

}  // namespace sluice::pipe
