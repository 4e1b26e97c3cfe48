#include "dtl/eval_line.h"

#include "dtl/memory_lookup.h"
#include "dtl/program.h"
#include "dtl/rdf_registry.h"

namespace sluice::dtl {
namespace {

Error Wrong(std::string_view name, std::string_view wanted) {
  return MakeError(Code::kBadData, "\"{}\" takes {}", name, wanted);
}

Result<CompileOptions> ReadOptions(const Value& request) {
  CompileOptions options;
  options.pipe_id = request.Find("pipe_id").AsString().value_or("");
  options.namespaces.identifiers = request.Find("namespaced_identifiers").IsTrue();
  const Value namespaces = request.Find("namespaces");
  options.namespaces.identity = namespaces.Find("identity").AsString().value_or(options.pipe_id);
  options.namespaces.property = namespaces.Find("property").AsString().value_or(options.pipe_id);
  ReadServiceMetadata(request.Find("metadata"), options.namespaces);
  if (const auto flag = request.TryFind("id_required")) options.id_required = flag->IsTrue();
  return options;
}

Result<void> ReadDatasets(const Value& datasets, MemoryLookup& lookup) {
  if (datasets.IsNull()) return {};
  if (!datasets.IsDict()) return Wrong("datasets", "an object of lists of entities");
  for (const Property& dataset : datasets.properties()) {
    if (!dataset.value.IsList()) return Wrong("datasets", "an object of lists of entities");
    lookup.AddDataset(dataset.name);
    for (const Value& entity : dataset.value.items()) SLUICE_TRY(lookup.Add(dataset.name, entity));
  }
  return {};
}

std::string Describe(const Error& error) {
  return error.at.empty() ? error.message : fmt::format("{}: {}", error.at, error.message);
}

std::string Answered(const Output& output) {
  std::string answer = "{\"result\":";
  std::string created;
  bool target = false;
  for (size_t i = 0; i < output.entities.size(); ++i) {
    const Entity& entity = output.entities[i];
    // The target is last; it is missing where it was discarded.
    const bool last = i + 1 == output.entities.size() && !output.discarded;
    if (last) {
      target = !entity.filtered;
      if (target) WriteJson(entity.dict, answer);
    } else {
      created += created.empty() ? "" : ",";
      WriteJson(entity.dict, created);
    }
  }
  if (!target) answer += "null";
  if (!created.empty()) answer += ",\"created\":[" + created + "]";
  return answer + "}";
}

}  // namespace

void ReadServiceMetadata(const Value& metadata, Namespaces& namespaces) {
  for (const Property& prefix : metadata.Find("namespaces").Find("default").properties()) {
    if (const auto uri = prefix.value.AsString()) {
      namespaces.prefixes.emplace_back(prefix.name, *uri);
    }
  }
  namespaces.rdf = ReadRdfRegistry(metadata.Find("rdf"));
}

LineEvaluator::LineEvaluator(const Catalogue& catalogue)
    : catalogue_(catalogue), keep_({.floats = FloatMode::kFloat, .transit = Transit::kKeep}) {}

std::string LineEvaluator::Evaluate(std::string_view line) {
  auto answer = Answer(line);
  if (answer.ok()) return std::move(answer).value();
  std::string text = "{\"error\":";
  WriteJsonString(Describe(answer.error()), text);
  return text + "}";
}

Result<std::string> LineEvaluator::Answer(std::string_view line) {
  Arena arena;
  // Rules keep their texts as they are written, entities are data: the line is read both ways.
  SLUICE_TRY(const Value request, decode_.Parse(line, arena));
  SLUICE_TRY(const Value document, keep_.Parse(line, arena));
  if (!request.IsDict()) return MakeError(Code::kBadData, "a request is an object");
  SLUICE_TRY(const CompileOptions options, ReadOptions(request));
  MemoryLookup lookup;
  SLUICE_TRY(ReadDatasets(request.Find("datasets"), lookup));
  Entity source;
  source.dict = request.Find("source");
  if (source.dict.IsNull()) source.dict = Value::Dict({});
  if (!source.dict.IsDict()) return Wrong("source", "an entity");
  source.deleted = source.dict.Find("_deleted").IsTrue();
  const Environment environment = {.lookup = &lookup};
  config::Issues issues;
  if (document.Has("expression")) {
    SLUICE_TRY(const auto expression,
               CompileExpression(config::ConfigView(document.Find("expression")), catalogue_,
                                 options, issues));
    SLUICE_TRY(const Value value, expression->Evaluate(source, environment, arena));
    return "{\"result\":" + ToJson(value) + "}";
  }
  SLUICE_TRY(const auto program,
             Compile(config::ConfigView(document.Find("rules")), catalogue_, options, issues));
  SLUICE_TRY(const Output output, program->Run(source, environment, arena));
  return Answered(output);
}

}  // namespace sluice::dtl
