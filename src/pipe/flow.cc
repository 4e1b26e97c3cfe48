#include "pipe/flow.h"

#include <algorithm>

#include "pipe/namespaces.h"

namespace sluice::pipe {

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
  if (!pipe.dataset_sink) {
    const auto erased =
        std::erase_if(batch.entities, [](const Entity& entity) { return entity.filtered; });
    if (erased != 0) batch.origins.clear();
  }
  if (pipe.remove_namespaces) RemoveNamespaces(batch);
}

Result<Batch> PassThrough(const CompiledPipe& pipe, Batch batch, const Stop& stop) {
  EnterPipe(pipe, batch);
  SLUICE_TRY(auto out, ApplyTransforms(pipe, std::move(batch), stop));
  LeavePipe(pipe, out);
  return out;
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
