#include "pipe/dtl_transform.h"

#include "pipe/dict_builder.h"
#include "pipe/storage_lookup.h"

namespace sluice::pipe {
namespace {

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
  Result<Batch> Apply(Batch batch, const Stop&) override {
    std::vector<Entity> children;
    for (const Entity& parent : batch.entities) {
      if (parent.filtered) continue;
      const Value list = parent.dict.Find("$children");
      const bool deleted = parent.dict.Find("_deleted").AsBoolean().value_or(false);
      const auto add = [&](const Value& child) {
        if (!child.Find("_id").IsString()) return;
        children.push_back(MakeChild(child, deleted, *batch.arena));
      };
      if (list.IsDict()) add(list);
      for (const Value& child : list.items()) add(child);
    }
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
  StorageLookup lookup(snapshot, indexes_, source_dataset_);
  const dtl::Environment environment{
      .lookup = &lookup, .clock = &clock_, .random = &random_, .stop = stop};
  Batch out;
  out.keep = std::move(batch.keep);
  out.keep.push_back(batch.arena);
  out.snapshot = batch.snapshot;
  dtl::Output output;
  for (const Entity& entity : batch.entities) {
    if (entity.filtered) {
      out.entities.push_back(entity);
      continue;
    }
    SLUICE_TRY(program_->Run(entity, environment, *out.arena, output));
    out.entities.insert(out.entities.end(), output.entities.begin(), output.entities.end());
  }
  // Programs hold views into the entities they are given, so those stay where they are.
  out.keep.push_back(std::make_shared<const std::vector<Entity>>(std::move(batch.entities)));
  return out;
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
