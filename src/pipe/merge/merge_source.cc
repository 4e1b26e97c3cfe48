#include "pipe/merge/merge_source.h"

#include "config/option_table.h"
#include "pipe/merge/explain.h"
#include "pipe/merge/full_merge.h"
#include "pipe/merge/incremental_merge.h"
#include "pipe/merge/merge_setup.h"
#include "pipe/merge/read_again.h"
#include "value/hash_bytes.h"

namespace sluice::pipe::merge {
namespace {

constexpr int64_t kMaxMergedDefault = 50'000;
// Raised when the same rules begin to group the same data in another way.
constexpr int kMeaningVersion = 1;

struct Options {
  double version = 1;
  std::optional<config::ConfigView> datasets;
  std::optional<std::vector<std::string>> initial_datasets;
  bool ignore_non_existent_datasets = true;
  std::optional<config::ConfigView> equality;
  std::optional<config::ConfigView> equality_sets;
  std::string identity = "composite";
  std::string strategy = "default";
  bool include_internal_properties = false;
  int64_t max_merged = kMaxMergedDefault;
};

const config::OptionTable<Options>& Table() {
  using config::Optional;
  using config::Required;
  using O = Options;
  static const config::OptionTable<O> table = {
      Optional("version", &O::version, "1, without max_merged, or 2."),
      Required("datasets", &O::datasets, "What is merged: \"DATASET ALIAS\" each."),
      Optional("initial_datasets", &O::initial_datasets, kInitialDatasetsDoc),
      Optional("ignore_non_existent_datasets", &O::ignore_non_existent_datasets,
               kIgnoreNonExistentDoc),
      Optional("equality", &O::equality,
               "[\"eq\", EXPRESSION, EXPRESSION]: entities of two datasets that have a value in "
               "common are the same."),
      Optional("equality_sets", &O::equality_sets,
               "Lists of expressions: entities of any two datasets that have a value in common "
               "under expressions of one list are the same."),
      Optional("identity", &O::identity,
               "\"composite\" makes the id of all members' ids, \"first\" takes the first one's."),
      Optional("strategy", &O::strategy,
               "\"default\" unites values, \"compact\" leaves out duplicates and what is empty, "
               "\"list\" gives the members in $merged."),
      Optional("include_internal_properties", &O::include_internal_properties,
               "With \"list\": _ts, _updated and the like too."),
      Optional("max_merged", &O::max_merged,
               "How many entities may become one; more fail the pipe. Not in version 1."),
  };
  return table;
}

class MergeSource final : public Source, public SourceById, public Explainer {
 public:
  MergeSource(MergeSetup setup, Indexes& indexes)
      : setup_(std::make_shared<const MergeSetup>(std::move(setup))), indexes_(indexes) {
    // Another order, other rules or other ids are another source: what was given out does not fit.
    // By another strategy all of it would look otherwise.
    const CombineOptions& combine = setup_->combine;
    const std::string text =
        fmt::format("{} {} {} {} {}", kMeaningVersion, static_cast<int>(combine.identity),
                    static_cast<int>(combine.strategy), combine.include_internal_properties,
                    setup_->rules.fingerprint());
    shape_ = fmt::format("{:016x}", HashBytes(text).low);
  }

  Continuation continuation() const override {
    return {.supports_since = true, .is_since_comparable = true, .is_chronological = true};
  }

  Result<std::unique_ptr<SourceReader>> Open(const OpenRequest& asked) override {
    OpenRequest request = asked;
    if (!request.snapshot) request.snapshot = setup_->store->TakeSnapshot();
    if (request.stores) given_ = request.snapshot;
    if (request.kind == RunKind::kFull || request.kind == RunKind::kRescan ||
        request.since.IsNull()) {
      auto reader = std::make_unique<FullMerge>(setup_, kept_, request);
      SLUICE_TRY(reader->Begin());
      return std::unique_ptr<SourceReader>(std::move(reader));
    }
    auto reader = std::make_unique<IncrementalMerge>(setup_, request);
    SLUICE_TRY(reader->Begin(request.since));
    return std::unique_ptr<SourceReader>(std::move(reader));
  }

  std::vector<std::string> datasets() const override { return setup_->datasets.names(); }
  std::string since_scope() const override {
    return setup_->datasets.since_scope() + " shape " + shape_;
  }
  bool KeepsSince(const Value& since, std::string_view stored, std::string_view) const override {
    return stored.ends_with(" shape " + shape_) && setup_->datasets.KeepsSince(since, stored);
  }
  std::optional<storage::Offset> PositionIn(std::string_view dataset,
                                            const Value& since) const override {
    return setup_->datasets.PositionIn(dataset, since);
  }
  Value SinceAtEnd(Arena& arena) const override { return setup_->datasets.SinceAtEnd(arena); }
  bool populated() const override { return setup_->datasets.populated(); }
  bool is_external() const override { return false; }
  std::vector<std::shared_ptr<const dtl::IndexedKey>> indexes() const override {
    return setup_->rules.keys();
  }
  Result<void> Prepare(const Stop& stop) override {
    return indexes_.Build(setup_->rules.keys(), stop);
  }

  SourceById* by_id() override { return this; }
  bool gives_stored() const override { return false; }
  bool gives_gone() const override { return true; }
  // Merged entities are recorded: no join is followed to a single member.
  std::string SourceIdOf(std::string_view, std::string_view id) const override {
    return std::string(id);
  }
  Result<Batch> ReadAgain(std::span<const std::string> ids, std::optional<Value> before,
                          std::shared_ptr<const storage::Snapshot> snapshot,
                          const Stop& stop) override {
    auto given = given_.lock();
    if (!given) given = snapshot;
    return ReadGroupsAgain(*setup_, ids, before, std::move(given), std::move(snapshot), stop);
  }

  Result<std::string> Explain(std::string_view id, const Stop& stop) const override {
    return ExplainGroup(*setup_, id, stop);
  }
  Result<std::string> Overview(const Stop& stop) const override {
    return DescribeGroups(*setup_, stop);
  }

 private:
  std::shared_ptr<const MergeSetup> setup_;
  std::shared_ptr<KeptJob> kept_ = std::make_shared<KeptJob>();
  Indexes& indexes_;
  std::string shape_;
  // What the reader of the run that goes on reads, as long as there is one; used by its thread.
  std::weak_ptr<const storage::Snapshot> given_;
};

Strategy StrategyOf(std::string_view name) {
  if (name == "compact") return Strategy::kCompact;
  return name == "list" ? Strategy::kList : Strategy::kDefault;
}

// Where it is not stated it is the list of datasets, aliases included.
void LeaveOutAliases(const config::ConfigView& listed, const Rules& rules,
                     std::optional<std::vector<std::string>>& initial) {
  if (!initial) return;
  for (std::string& name : *initial) {
    for (size_t i = 0; i < rules.datasets().size(); ++i) {
      if (listed[i].value().AsString() == name) name = rules.datasets()[i].dataset;
    }
  }
}

Result<std::unique_ptr<Source>> MakeMergeSource(const config::ConfigView& config,
                                                const MakeContext& context) {
  SLUICE_TRY(auto options, Table().Read(config));
  SLUICE_TRY(auto rules, Rules::Read(config, context));
  const bool limited = options.version != 1;
  if (options.max_merged < 1) {
    return config["max_merged"].Fail("expected a number of 1 or more, found {}",
                                     options.max_merged);
  }
  std::vector<std::string> names;
  for (const dtl::AliasedDataset& dataset : rules.datasets()) names.push_back(dataset.dataset);
  LeaveOutAliases(config["datasets"], rules, options.initial_datasets);
  SourceDatasets datasets("merge",
                          {.datasets = std::move(names),
                           .initial_datasets = std::move(options.initial_datasets),
                           .ignore_non_existent_datasets = options.ignore_non_existent_datasets},
                          context);
  const CombineOptions combine{
      .identity = options.identity == "first" ? Identity::kFirst : Identity::kComposite,
      .strategy = StrategyOf(options.strategy),
      .include_internal_properties = options.include_internal_properties};
  MergeSetup setup{
      .pipe = context.pipe_id,
      .datasets = std::move(datasets),
      .rules = std::move(rules),
      .combine = combine,
      .members_max = limited ? static_cast<size_t>(options.max_merged) : kMembersOfVersion1Max,
      .store = context.store,
      .indexes = context.indexes,
      .spill_folder = context.spill_folder};
  return std::make_unique<MergeSource>(std::move(setup), *context.indexes);
}

}  // namespace

void AddMergeSource(Registry& registry) {
  registry.AddSource({.type = "merge",
                      .doc = "Makes one entity of all that are the same in several datasets.",
                      .options = Table().Describe(),
                      .make = MakeMergeSource});
}

}  // namespace sluice::pipe::merge
