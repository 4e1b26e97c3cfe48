#include "pipe/dtl_transform.h"

#include "pipe/dict_builder.h"
#include "pipe/storage_lookup.h"

namespace sluice::pipe {
namespace {

// Fewer are looked up one by one.
constexpr size_t kPrefetchEntities = 4;

Result<std::unique_ptr<Transform>> MakeDtl(const config::ConfigView& config,
                                           const MakeContext& context) {
  dtl::CompileOptions options;
  options.pipe_id = context.pipe_id;
  options.namespaces = context.namespaces;
  options.id_required = config["id_required"].value().AsBoolean().value_or(true);
  options.dataset_exists = context.dataset_exists;
  options.sink_dataset = context.sink_dataset;
  config::Issues own;
  config::Issues& issues = context.issues ? *context.issues : own;
  SLUICE_TRY(auto program, dtl::Compile(config, *context.catalogue, options, issues));
  return std::make_unique<DtlTransform>(std::move(program), context);
}

// Gives the children of each entity instead of it (configuration-transforms-emit-children.rst).
class EmitChildren final : public Transform {
 public:
  bool is_external() const override { return false; }
  bool keeps_origins() const override { return true; }
  bool splits() const override { return true; }
  Result<Batch> Apply(Batch batch, const Stop&) override {
    std::vector<Entity> children;
    std::vector<uint32_t> origins;
    const bool knows_origins = batch.origins.size() == batch.entities.size();
    for (size_t i = 0; i < batch.entities.size(); ++i) {
      const Entity& parent = batch.entities[i];
      if (parent.filtered) continue;
      const Value list = parent.dict.Find("$children");
      const bool deleted = parent.dict.Find("_deleted").AsBoolean().value_or(false);
      const auto add = [&](const Value& child) {
        if (!child.Find("_id").IsString()) return;
        children.push_back(MakeChild(child, deleted, *batch.arena));
      };
      if (list.IsDict()) add(list);
      for (const Value& child : list.items()) add(child);
      if (knows_origins) origins.resize(children.size(), batch.origins[i]);
    }
    batch.origins = std::move(origins);
    batch.entities = std::move(children);
    return batch;
  }

 private:
  static Entity MakeChild(const Value& child, bool deleted, Arena& arena) {
    Entity entity;
    entity.dict = child;
    entity.deleted = child.Find("_deleted").AsBoolean().value_or(false);
    if (!deleted || entity.deleted) return entity;
    DictBuilder builder(arena);
    for (const Property& property : child.properties()) builder.Set(property.name, property.value);
    builder.Set("_deleted", Value::Boolean(true));
    entity.dict = builder.Make();
    entity.deleted = true;
    return entity;
  }
};

template <class T>
void AddSimple(Registry& registry, std::string type, std::string doc) {
  registry.AddTransform({.type = std::move(type),
                         .doc = std::move(doc),
                         .make = [](const config::ConfigView&,
                                    const MakeContext&) -> Result<std::unique_ptr<Transform>> {
                           return std::make_unique<T>();
                         }});
}

}  // namespace

DtlTransform::DtlTransform(std::shared_ptr<const dtl::Program> program, const MakeContext& context)
    : program_(std::move(program)),
      store_(*context.store),
      indexes_(*context.indexes),
      clock_(*context.clock),
      random_(*context.random) {
  const config::ConfigView source = context.pipe["source"];
  if (source["type"].value().AsString() == "dataset") {
    source_dataset_ = source["dataset"].value().AsString().value_or("");
  }
}

std::vector<std::string> DtlTransform::datasets() const {
  const auto& datasets = program_->analysis().datasets;
  return {datasets.begin(), datasets.end()};
}

Result<void> DtlTransform::Prepare(const Stop& stop) {
  return indexes_.Build(program_->analysis().indexes, stop);
}

Result<Batch> DtlTransform::Apply(Batch batch, const Stop& stop) {
  const auto snapshot = batch.snapshot ? batch.snapshot : store_.TakeSnapshot();
  StorageLookup lookup(snapshot, indexes_, source_dataset_, batch.cache);
  bool tripped = false;
  const dtl::Environment environment{
      .lookup = &lookup, .clock = &clock_, .random = &random_, .stop = stop, .tripped = &tripped};
  if (thresholds_) {
    lookup.SetThresholds(*thresholds_);
    if (thresholds_->error_entities != 0) lookup.LimitKeys(thresholds_->error_entities);
  }
  Batch out;
  out.keep = std::move(batch.keep);
  out.keep.push_back(batch.arena);
  out.snapshot = batch.snapshot;
  dtl::Output output;
  out.cache = batch.cache;
  if (!program_->analysis().hops.empty()) {
    out.keep.push_back(lookup.arena());
    SLUICE_TRY(Prefetch(batch.entities, lookup, *batch.arena));
  }
  const bool knows_origins = batch.origins.size() == batch.entities.size();
  out.sources = std::move(batch.sources);
  out.looked_up = std::move(batch.looked_up);
  for (size_t i = 0; i < batch.entities.size(); ++i) {
    const Entity& entity = batch.entities[i];
    if (entity.filtered) {
      out.entities.push_back(entity);
    } else {
      if (knows_origins) lookup.RecordInto(RecordsOf(out, batch.origins[i]), batch.origins[i]);
      auto done = program_->Run(entity, environment, *out.arena, output);
      if (tripped) tripped_ = true;
      if (!done.ok()) return done.TakeError();
      out.entities.insert(out.entities.end(), output.entities.begin(), output.entities.end());
    }
    if (knows_origins) out.origins.resize(out.entities.size(), batch.origins[i]);
  }
  if (auto warning = lookup.TakeWarning()) {
    const std::lock_guard lock(counts_mutex_);
    warning_ = std::move(warning);
  }
  // Programs hold views into the entities they are given, so those stay where they are.
  out.keep.push_back(std::make_shared<const std::vector<Entity>>(std::move(batch.entities)));
  return out;
}

Result<void> DtlTransform::Prefetch(const std::vector<Entity>& entities, StorageLookup& lookup,
                                    Arena& arena) {
  if (entities.size() < kPrefetchEntities) return {};
  std::vector<const Entity*> sources;
  for (const Entity& entity : entities) {
    if (!entity.filtered) sources.push_back(&entity);
  }
  for (const dtl::Hop& hop : program_->analysis().hops) {
    if (hop.nested || hop.specs.empty() || hop.rule != "default") continue;
    const auto& steps = hop.specs[0].steps;
    std::vector<std::vector<const Entity*>> found(steps.size());
    for (size_t k = 0; k < steps.size(); ++k) {
      const auto& from =
          steps[k].parent < 0 ? sources : found[static_cast<size_t>(steps[k].parent)];
      for (const dtl::HopJoin& join : steps[k].joins) {
        if (!join.from || from.empty()) continue;
        SLUICE_TRY(auto more, lookup.Prefetch(*join.from, *join.key, from, arena));
        found[k].insert(found[k].end(), more.begin(), more.end());
      }
    }
  }
  const std::lock_guard lock(counts_mutex_);
  for (const auto& [key, counts] : lookup.counts()) counts_[key].Add(counts);
  return {};
}

std::vector<std::string> DtlTransform::TakeWarnings() {
  const std::lock_guard lock(counts_mutex_);
  if (!warning_) return {};
  return {*std::exchange(warning_, std::nullopt)};
}

JoinCountsByKey DtlTransform::join_counts() const {
  const std::lock_guard lock(counts_mutex_);
  return counts_;
}

std::vector<LookedUp>* DtlTransform::RecordsOf(Batch& batch, uint32_t source) const {
  const bool records = recording_ == Recording::kAll ||
                       (recording_ == Recording::kDeleted && batch.sources[source].deleted);
  return records ? &batch.looked_up : nullptr;
}

void AddTransforms(Registry& registry) {
  registry.AddTransform({.type = "dtl",
                         .doc = "Reshapes entities by the rules of the data transformation "
                                "language.",
                         .make = MakeDtl});
  AddSimple<EmitChildren>(registry, "emit_children",
                          "Gives the entities in $children instead of their parent.");
}

}  // namespace sluice::pipe
