#include "pipe/flow.h"

#include <algorithm>

#include "pipe/dict_builder.h"
#include "pipe/namespaces.h"

namespace sluice::pipe {
namespace {

void LeaveOutFiltered(Batch& batch) {
  const bool knows_origins = batch.origins.size() == batch.entities.size();
  size_t count = 0;
  for (size_t i = 0; i < batch.entities.size(); ++i) {
    if (batch.entities[i].filtered) continue;
    if (knows_origins) batch.origins[count] = batch.origins[i];
    batch.entities[count++] = batch.entities[i];
  }
  batch.entities.resize(count);
  batch.origins.resize(knows_origins ? count : 0);
}

// {"_deleted": true} in front of what the rules have made of it.
void Delete(Entity& entity, Arena& arena) {
  DictBuilder builder(arena);
  for (const Property& property : entity.dict.properties()) {
    if (property.name != "_deleted") builder.Set(property.name, property.value);
  }
  entity.dict = builder.Set("_deleted", Value::Boolean(true)).Make();
  entity.deleted = true;
  entity.hash.reset();
}

}  // namespace

void EnterPipe(const CompiledPipe& pipe, Batch& batch) {
  if (pipe.add_namespaces) AddNamespaces(batch, pipe.namespaces);
}

Result<Batch> ApplyTransforms(const CompiledPipe& pipe, Batch batch, const Stop& stop) {
  for (const auto& transform : pipe.transforms) {
    if (batch.entities.empty()) break;
    SLUICE_TRY(batch, transform->Apply(std::move(batch), stop));
  }
  return batch;
}

void LeavePipe(const CompiledPipe& pipe, Batch& batch) {
  if (!pipe.dataset_sink) LeaveOutFiltered(batch);
  if (pipe.remove_namespaces) RemoveNamespaces(batch);
}

Result<Batch> PassThrough(const CompiledPipe& pipe, Batch batch, const Stop& stop) {
  EnterPipe(pipe, batch);
  SLUICE_TRY(auto out, ApplyTransforms(pipe, std::move(batch), stop));
  LeavePipe(pipe, out);
  return out;
}

void EndGone(Batch& batch) {
  if (batch.origins.size() != batch.entities.size()) return;
  for (size_t i = 0; i < batch.entities.size(); ++i) {
    Entity& entity = batch.entities[i];
    if (!batch.sources[batch.origins[i]].gone || entity.deleted || entity.filtered) continue;
    Delete(entity, *batch.arena);
  }
}

void NoteSources(Batch& batch) {
  batch.sources.reserve(batch.entities.size());
  batch.origins.reserve(batch.entities.size());
  for (const Entity& entity : batch.entities) {
    batch.origins.push_back(static_cast<uint32_t>(batch.sources.size()));
    const auto offset = entity.updated.AsInteger();
    batch.sources.push_back({.id = entity.id(),
                             .offset = static_cast<storage::Offset>(offset.value_or(0)),
                             .deleted = entity.deleted,
                             .is_first = entity.previous.IsNull()});
  }
}

void Append(Batch& to, Batch from) {
  if (to.entities.empty() && to.keep.empty() && to.sources.empty()) {
    to = std::move(from);
    return;
  }
  const auto first = static_cast<uint32_t>(to.sources.size());
  for (const uint32_t origin : from.origins) to.origins.push_back(first + origin);
  for (LookedUp looked_up : from.looked_up) {
    looked_up.source += first;
    to.looked_up.push_back(looked_up);
  }
  to.sources.insert(to.sources.end(), from.sources.begin(), from.sources.end());
  to.keep.push_back(std::move(from.arena));
  std::ranges::move(from.keep, std::back_inserter(to.keep));
  to.entities.insert(to.entities.end(), from.entities.begin(), from.entities.end());
  to.snapshot = std::move(from.snapshot);
}

size_t BatchBytes(const Batch& batch) {
  return batch.arena->bytes() + batch.entities.size() * sizeof(Entity);
}

bool ReadsSink(const CompiledPipe& pipe) {
  return std::ranges::any_of(pipe.transforms, [](const auto& t) { return t->reads_sink(); });
}

Result<void> PrepareTransforms(const CompiledPipe& pipe, const Stop& stop) {
  for (const auto& transform : pipe.transforms) SLUICE_TRY(transform->Prepare(stop));
  return {};
}

}  // namespace sluice::pipe
