#include "pipe/checked_entities.h"

#include <unordered_set>

#include "pipe/dict_builder.h"

namespace sluice::pipe {
namespace {

// Children of the version before that are gone now come along as deleted ones, and stay so until
// they are back: emit_children then takes them away downstream.
Value WithDeletedChildren(const Value& dict, const Value& before, Arena& arena) {
  const Value old_children = before.Find("$children");
  if (!old_children.IsList()) return dict;
  const bool deleted = dict.Find("_deleted").AsBoolean().value_or(false);
  std::vector<Value> children;
  std::unordered_set<std::string_view> ids;
  const Value new_children = dict.Find("$children");
  if (!deleted && new_children.IsList()) {
    for (const Value& child : new_children.items()) {
      children.push_back(child);
      if (const auto id = child.Find("_id").AsString()) ids.insert(*id);
    }
  }
  for (const Value& child : old_children.items()) {
    const auto id = child.Find("_id").AsString();
    if (!id || !ids.insert(*id).second) continue;
    DictBuilder gone(arena);
    gone.Set("_id", Value::String(*id)).Set("_deleted", Value::Boolean(true));
    children.push_back(gone.Make());
  }
  DictBuilder builder(arena);
  for (const Property& property : dict.properties()) builder.Set(property.name, property.value);
  builder.Set("$children", Value::List(arena.CopyArray(std::span<const Value>(children))));
  return builder.Make();
}

Result<void> CheckUpdated(const Entity& entity, const Entity* latest) {
  const Value stated = entity.dict.Find("_updated");
  const Value now = latest ? latest->updated : Value::Null();
  if (stated.AsInteger() == now.AsInteger()) return {};
  const auto text = [](const Value& value) {
    const auto number = value.AsInteger();
    return number ? std::to_string(*number) : std::string("none");
  };
  return MakeError(Code::kConflict, "entity \"{}\" was read with _updated {}, but it is at {} now",
                   entity.id(), text(stated), text(now));
}

}  // namespace

bool ComparesWithLatest(const DatasetSinkOptions& options) {
  return options.multiple_versions != DatasetSinkOptions::Versions::kAllow ||
         options.optimistic_locking || options.track_children;
}

Result<CheckedEntities> CheckAgainstLatest(const DatasetSinkOptions& options, storage::Store& store,
                                           storage::DatasetNumber number, const Batch& batch) {
  using Versions = DatasetSinkOptions::Versions;
  CheckedEntities checked;
  std::vector<std::string_view> ids;
  for (const Entity& entity : batch.entities) ids.push_back(entity.id());
  const auto snapshot = store.TakeSnapshot();
  SLUICE_TRY(auto latest, snapshot->Get(number, ids, *batch.arena));
  for (size_t i = 0; i < ids.size(); ++i) {
    Entity entity = batch.entities[i];
    if (options.optimistic_locking) SLUICE_TRY(CheckUpdated(entity, latest[i]));
    if (latest[i] && options.multiple_versions == Versions::kFail) {
      return MakeError(Code::kConflict,
                       "entity \"{}\" is there already, and prevent_multiple_versions is set",
                       ids[i]);
    }
    if (latest[i] && options.multiple_versions == Versions::kIgnore) {
      ++checked.ignored;
      continue;
    }
    if (latest[i] && options.track_children && !entity.filtered) {
      entity.dict = WithDeletedChildren(entity.dict, latest[i]->dict, *batch.arena);
      entity.hash.reset();
    }
    checked.entities.push_back(entity);
  }
  return checked;
}

}  // namespace sluice::pipe
