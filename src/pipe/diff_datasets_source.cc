// What differs between datasets, id by id.

#include <algorithm>
#include <set>

#include "config/option_table.h"
#include "pipe/dict_builder.h"
#include "pipe/merge_datasets_source.h"
#include "pipe/same_id_reader.h"
#include "value/relations.h"

namespace sluice::pipe {
namespace {

struct Options {
  std::vector<std::string> datasets;
  std::optional<std::vector<std::string>> initial_datasets;
  std::optional<std::vector<std::string>> whitelist;
  std::optional<std::vector<std::string>> blacklist;
  bool treat_lists_as_sets = false;
  bool ignore_deletes = false;
};

const config::OptionTable<Options>& Table() {
  using config::Optional;
  using config::Required;
  using O = Options;
  static const config::OptionTable<O> table = {
      Required("datasets", &O::datasets, "The datasets to compare."),
      Optional("initial_datasets", &O::initial_datasets, kInitialDatasetsDoc),
      Optional("whitelist", &O::whitelist, "The only properties to compare."),
      Optional("blacklist", &O::blacklist,
               "Properties that are not compared, also where the whitelist names them."),
      Optional("treat_lists_as_sets", &O::treat_lists_as_sets,
               "The order and number of equal items of lists do not matter, at any depth."),
      Optional("ignore_deletes", &O::ignore_deletes,
               "A deleted entity is taken for one that is not there."),
  };
  return table;
}

// The value with the lists in it sorted and without duplicates.
Value AsSets(const Value& value, Arena& arena) {
  if (value.IsDict()) {
    DictBuilder builder(arena);
    for (const Property& property : value.properties()) {
      builder.Set(property.name, AsSets(property.value, arena));
    }
    return builder.Make();
  }
  if (!value.IsList()) return value;
  std::vector<Value> items;
  for (const Value& item : value.items()) items.push_back(AsSets(item, arena));
  std::ranges::sort(items, [](const Value& a, const Value& b) { return Compare(a, b) < 0; });
  const auto rest = std::ranges::unique(items, Equal);
  items.erase(rest.begin(), rest.end());
  return Value::List(arena.CopyArray(std::span<const Value>(items)));
}

class Differences final : public SameIdRule {
 public:
  Differences(std::vector<std::string> names, const Options& options)
      : names_(std::move(names)), options_(options) {}

  bool newest_only() const override { return false; }

  // In a dataset that is added to the list nothing is there, and that is a difference.
  std::string shape() const override {
    std::string shape = "of";
    for (const std::string& name : names_) shape += fmt::format(" {}", name);
    return shape;
  }

  // One that is the same everywhere is let go: a dataset sink takes it away.
  Entity Make(std::string_view id, SameId versions, size_t, Arena& arena) const override {
    std::vector<const Entity*> seen(versions.begin(), versions.end());
    if (options_.ignore_deletes) {
      std::ranges::replace_if(seen, [](const Entity* e) { return e && e->deleted; }, nullptr);
    }
    const Value differences = FindDifferences(seen, arena);
    const Value merged = EntityByDataset(id, names_, versions, arena);
    DictBuilder builder(arena);
    for (const Property& property : merged.properties()) {
      // What differs is told also where all that is left of an entity is that it was deleted.
      if (property.name != "_deleted") builder.Set(property.name, property.value);
    }
    builder.Set("$diff", differences);
    Entity entity;
    entity.dict = builder.Make();
    entity.filtered = differences.count() == 0;
    return entity;
  }

 private:
  bool IsCompared(std::string_view name) const {
    const auto holds = [&](const std::vector<std::string>& names) {
      return std::ranges::find(names, name) != names.end();
    };
    if (options_.blacklist && holds(*options_.blacklist)) return false;
    if (options_.whitelist) return holds(*options_.whitelist);
    return name == "_deleted" || !name.starts_with('_');
  }

  // Each property that is not equal everywhere, with its value in each dataset; null where it is
  // missing.
  Value FindDifferences(const std::vector<const Entity*>& versions, Arena& arena) const {
    std::set<std::string_view> properties;
    for (const Entity* version : versions) {
      if (!version) continue;
      for (const Property& property : version->dict.properties()) properties.insert(property.name);
    }
    DictBuilder differences(arena);
    for (const std::string_view name : properties) {
      if (IsCompared(name) && Differs(versions, name, arena)) {
        differences.Set(name, Values(versions, name, arena));
      }
    }
    const Value made = differences.Make();
    const auto missing = std::ranges::count(versions, nullptr);
    if (made.count() != 0 || missing == 0 || options_.whitelist) return made;
    if (static_cast<size_t>(missing) == versions.size()) return made;
    // All that differs is that it is not everywhere.
    return differences.Set("_id", Values(versions, "_id", arena)).Make();
  }

  bool Differs(const std::vector<const Entity*>& versions, std::string_view name,
               Arena& arena) const {
    const auto value_in = [&](const Entity* version) {
      auto value = version ? version->dict.TryFind(name) : std::nullopt;
      if (value && options_.treat_lists_as_sets) value = AsSets(*value, arena);
      return value;
    };
    const auto first = value_in(versions.front());
    return std::ranges::any_of(versions, [&](const Entity* version) {
      const auto value = value_in(version);
      return value.has_value() != first.has_value() || (value && !Equal(*value, *first));
    });
  }

  Value Values(const std::vector<const Entity*>& versions, std::string_view name,
               Arena& arena) const {
    DictBuilder values(arena);
    for (size_t i = 0; i < versions.size(); ++i) {
      values.Set(names_[i], versions[i] ? versions[i]->dict.Find(name) : Value::Null());
    }
    return values.Make();
  }

  std::vector<std::string> names_;
  Options options_;
};

Result<std::unique_ptr<Source>> MakeDiffDatasets(const config::ConfigView& config,
                                                 const MakeContext& context) {
  SLUICE_TRY(const auto options, Table().Read(config));
  SourceDatasets datasets(
      "diff_datasets", {.datasets = options.datasets, .initial_datasets = options.initial_datasets},
      context);
  auto rule = std::make_unique<Differences>(datasets.names(), options);
  return MakeSameIdSource(
      {.datasets = std::move(datasets), .store = context.store, .rule = std::move(rule)});
}

}  // namespace

void AddDiffDatasetsSource(Registry& registry) {
  registry.AddSource({.type = "diff_datasets",
                      .doc = "Compares several datasets and gives the entities that differ, with "
                             "what differs in $diff.",
                      .options = Table().Describe(),
                      .make = MakeDiffDatasets});
}

}  // namespace sluice::pipe
