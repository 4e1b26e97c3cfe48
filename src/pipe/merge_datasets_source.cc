#include "pipe/merge_datasets_source.h"

#include "config/option_table.h"
#include "pipe/same_id_reader.h"

namespace sluice::pipe {
namespace {

struct Options {
  std::vector<std::string> datasets;
  std::optional<std::vector<std::string>> initial_datasets;
  bool ignore_non_existent_datasets = true;
  std::string strategy = "latest";
};

const config::OptionTable<Options>& Table() {
  using config::Optional;
  using config::Required;
  using O = Options;
  static const config::OptionTable<O> table = {
      Required("datasets", &O::datasets, "The datasets to read."),
      Optional("initial_datasets", &O::initial_datasets, kInitialDatasetsDoc),
      Optional("ignore_non_existent_datasets", &O::ignore_non_existent_datasets,
               kIgnoreNonExistentDoc),
      Optional("strategy", &O::strategy,
               "\"latest\" gives the version with the newest _ts, \"all\" an entity that holds the "
               "latest version of each dataset under the dataset's id."),
  };
  return table;
}

class Latest final : public SameIdRule {
 public:
  bool newest_only() const override { return true; }
  Entity Make(std::string_view, SameId versions, size_t newest, Arena&) const override {
    return *versions[newest];
  }
};

class All final : public SameIdRule {
 public:
  explicit All(std::vector<std::string> names) : names_(std::move(names)) {}
  bool newest_only() const override { return false; }
  Entity Make(std::string_view id, SameId versions, size_t, Arena& arena) const override {
    Entity entity;
    entity.dict = EntityByDataset(id, names_, versions, arena);
    entity.deleted = entity.dict.Find("_deleted").IsTrue();
    return entity;
  }

 private:
  std::vector<std::string> names_;
};

Result<std::unique_ptr<Source>> MakeMergeDatasets(const config::ConfigView& config,
                                                  const MakeContext& context) {
  SLUICE_TRY(auto options, Table().Read(config));
  SourceDatasets datasets("merge_datasets",
                          {.datasets = std::move(options.datasets),
                           .initial_datasets = std::move(options.initial_datasets),
                           .ignore_non_existent_datasets = options.ignore_non_existent_datasets},
                          context);
  std::unique_ptr<const SameIdRule> rule;
  if (options.strategy == "all") {
    rule = std::make_unique<All>(datasets.names());
  } else {
    rule = std::make_unique<Latest>();
  }
  return MakeSameIdSource(
      {.datasets = std::move(datasets), .store = context.store, .rule = std::move(rule)});
}

}  // namespace

void AddMergeDatasetsSource(Registry& registry) {
  registry.AddSource({.type = "merge_datasets",
                      .doc = "Reads several datasets at once: of each id the newest version, or "
                             "all of them in one entity.",
                      .options = Table().Describe(),
                      .make = MakeMergeDatasets});
}

}  // namespace sluice::pipe
