// Looking at the entities of a pipe on their way, without writing anything.

#include "pipe/flow.h"
#include "pipe/hub_state.h"
#include "value/json.h"

namespace sluice::pipe {
namespace {

constexpr size_t kPreviewBatch = 100;

Error CannotPreview(const CompiledPipe& pipe, std::string_view part) {
  if (!pipe.not_built.empty()) {
    return MakeError(pipe.not_built_code, "{} of the pipe \"{}\" cannot be previewed: {}", part,
                     pipe.id, pipe.not_built);
  }
  return MakeError(Code::kBadConfig, "{} of the pipe \"{}\" cannot be previewed: it has errors",
                   part, pipe.id);
}

Result<Batch> BringToStage(const CompiledPipe& pipe, Stage stage, Batch batch, const Stop& stop) {
  if (stage == Stage::kSource) return batch;
  EnterPipe(pipe, batch);
  if (stage == Stage::kBeforeTransform) return batch;
  SLUICE_TRY(auto out, ApplyTransforms(pipe, std::move(batch), stop));
  if (stage == Stage::kAfterTransform) return out;
  LeavePipe(pipe, out);
  std::erase_if(out.entities, [](const Entity& entity) { return entity.filtered; });
  return out;
}

// What pushes have left in the dataset: a pipe with an endpoint has no source to read.
Result<void> VisitDataset(storage::Store& store, std::string_view dataset,
                          std::optional<size_t> limit,
                          const std::function<Result<bool>(const Entity&)>& visit,
                          const Stop& stop) {
  const auto snapshot = store.TakeSnapshot();
  SLUICE_TRY(const auto info, snapshot->FindDataset(dataset));
  if (!info) return {};
  SLUICE_TRY(auto reader, snapshot->ReadLog(info->number, {}));
  size_t left = limit.value_or(SIZE_MAX);
  while (left != 0) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
    Arena arena;
    std::vector<Entity> entities;
    SLUICE_TRY(reader->Next(std::min(left, kPreviewBatch), arena, entities));
    if (entities.empty()) return {};
    left -= entities.size();
    for (const Entity& entity : entities) {
      SLUICE_TRY(const bool go_on, visit(entity));
      if (!go_on) return {};
    }
  }
  return {};
}

}  // namespace

Result<void> Hub::Preview(std::string_view id, const PreviewOptions& options,
                          const std::function<Result<bool>(const Entity&)>& visit,
                          const Stop& stop) {
  SLUICE_TRY(const auto entry, state_->FindPipe(id));
  const CompiledPipe& pipe = *entry.version;
  if (!pipe.source) return CannotPreview(pipe, "the source");
  if (pipe.source->is_endpoint()) {
    if (options.stage != Stage::kSink || !pipe.dataset_sink) return {};
    return VisitDataset(store(), pipe.dataset_sink->dataset(), options.limit, visit, stop);
  }
  const bool transforms = options.stage == Stage::kAfterTransform || options.stage == Stage::kSink;
  if (transforms && !pipe.transforms_complete) return CannotPreview(pipe, "the transforms");
  Arena since_arena;
  OpenRequest request{.kind = RunKind::kFull, .limit = options.limit};
  if (!options.since.empty()) {
    auto since = JsonParser().Parse(options.since, since_arena);
    request.since = since.ok() ? *since : Value::String(options.since);
  }
  if (transforms) SLUICE_TRY(PrepareTransforms(pipe, stop));
  if (!pipe.source->datasets().empty()) request.snapshot = store().TakeSnapshot();
  SLUICE_TRY(auto reader, pipe.source->Open(request));
  size_t left = options.limit.value_or(SIZE_MAX);
  while (left != 0) {
    SLUICE_TRY(auto batch, reader->Next(std::min(left, kPreviewBatch), stop));
    if (batch.entities.empty()) return {};
    left -= batch.entities.size();
    SLUICE_TRY(const Batch out, BringToStage(pipe, options.stage, std::move(batch), stop));
    for (const Entity& entity : out.entities) {
      SLUICE_TRY(const bool go_on, visit(entity));
      if (!go_on) return {};
    }
  }
  return {};
}

Result<std::string> Hub::TransformEntity(std::string_view id, std::string_view entity,
                                         const Stop& stop) {
  SLUICE_TRY(const auto entry, state_->FindPipe(id));
  const CompiledPipe& pipe = *entry.version;
  if (!pipe.transforms_complete) return CannotPreview(pipe, "the transforms");
  SLUICE_TRY(PrepareTransforms(pipe, stop));
  Batch batch;
  JsonParser parser;
  SLUICE_TRY(const Value dict, parser.Parse(entity, *batch.arena));
  if (!dict.IsDict()) {
    return MakeError(Code::kBadData, "expected an entity, found {}", sluice::ToString(dict.kind()));
  }
  Entity source;
  source.dict = dict;
  source.updated = dict.Find("_updated");
  source.deleted = dict.Find("_deleted").AsBoolean().value_or(false);
  batch.entities.push_back(source);
  SLUICE_TRY(const Batch out, ApplyTransforms(pipe, std::move(batch), stop));
  std::string json = "[";
  for (const Entity& made : out.entities) {
    if (json.size() > 1) json += ',';
    WriteEntityJson(made, json);
  }
  return json + "]";
}

}  // namespace sluice::pipe
