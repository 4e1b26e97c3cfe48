#include "api/show.h"

#include "config/validate.h"
#include "value/json.h"

namespace sluice::api {
namespace {

// Strings of configurations are not decoded as transit, so they are written as they are.
constexpr JsonWriteOptions kConfigText = {.transit = Transit::kKeep};

std::optional<WallTime> FromMicroseconds(int64_t us) {
  if (us == 0) return std::nullopt;
  return WallTime(std::chrono::microseconds(us));
}

// What waits, without what is empty: a pipe with nothing to do shows {}.
void WriteQueues(JsonWriter& json, const std::vector<pipe::QueueStatus>& queues) {
  uint64_t total = 0;
  for (const auto& queue : queues) total += queue.entities;
  json.BeginObject();
  if (total != 0) {
    json.Name("source").Count(total).Name("datasets").BeginObject();
    for (const auto& queue : queues) {
      if (queue.entities != 0) json.Name(queue.dataset).Count(queue.entities);
    }
    json.EndObject();
  }
  json.EndObject();
}

void WriteRun(JsonWriter& json, const std::optional<pipe::RunReport>& run) {
  if (!run) {
    json.Null();
    return;
  }
  json.BeginObject().Name("sync-type").String(pipe::SyncType(run->kind));
  json.Name("outcome").String(pipe::ToString(run->outcome));
  json.Name("start-time").Time(run->started).Name("end-time").Time(run->ended);
  if (run->error) {
    json.Name("error").BeginObject().Name("code").String(ToString(run->error->code));
    json.Name("message").String(run->error->message).Name("at").String(run->error->at).EndObject();
  }
  WriteRunCounts(json.Name("counts"), run->counts);
  json.EndObject();
}

// The part of a pipe's and a pump's `runtime` that they share.
void WritePumpRuntime(JsonWriter& json, const pipe::PumpStatus& pump) {
  json.Name("has-pump").Boolean(pump.has_pump);
  json.Name("is-disabled").Boolean(pump.is_disabled);
  json.Name("is-running").Boolean(pump.is_running);
  json.Name("is-queued").Boolean(pump.is_queued);
  json.Name("is-populated").Boolean(pump.is_populated);
  json.Name("disabled-comment").String(pump.disabled_comment);
  json.Name("mode").String(pump.mode);
  json.Name("waiting-for").String(pump.idle_text);
  json.Name("last-seen").Raw(pump.offset);
  json.Name("retries").Count(pump.retries);
  WriteQueues(json.Name("queues"), pump.queues);
  json.Name("last-success").Time(pump.last_success);
  json.Name("next-run").Time(pump.next_run);
  WriteRun(json.Name("last-run"), pump.last);
  if (pump.running) {
    json.Name("current-run").BeginObject().Name("sync-type").String(pipe::SyncType(*pump.running));
    WriteRunCounts(json.Name("counts"), pump.current);
    json.EndObject();
  }
  json.Name("supported-operations").Strings(pump.supported_operations);
}

void WritePipeRuntime(JsonWriter& json, const pipe::PipeStatus& pipe) {
  json.BeginObject().Name("state").String(pipe.state);
  json.Name("is-valid-config").Boolean(pipe.is_valid_config);
  json.Name("config-errors").Raw(config::ConfigErrorsJson(pipe.issues));
  std::vector<std::string> dependencies = pipe.upstreams;
  dependencies.insert(dependencies.end(), pipe.lookups.begin(), pipe.lookups.end());
  json.Name("dependencies").Strings(dependencies);
  WritePumpRuntime(json, pipe.pump);
  json.EndObject();
}

void WriteGraph(JsonWriter& json, const pipe::PipeStatus& pipe) {
  json.BeginObject()
      .Name("upstreams")
      .Strings(pipe.upstreams)
      .Name("lookups")
      .Strings(pipe.lookups);
  json.Name("sink-dataset");
  if (pipe.sink_dataset.empty()) {
    json.Null();
  } else {
    json.String(pipe.sink_dataset);
  }
  json.Name("source-type").String(pipe.source_type).Name("sink-type").String(pipe.sink_type);
  json.Name("receives")
      .Boolean(pipe.receives)
      .Name("publishes")
      .Boolean(pipe.publishes)
      .EndObject();
}

std::string_view OriginalText(const pipe::ComponentConfig& config) {
  return config.original ? config.original->bytes() : std::string_view();
}

}  // namespace

std::string UuidText(const std::array<uint8_t, 16>& uuid) {
  std::string text;
  for (size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", uuid[i]);
  }
  return text;
}

void WriteComponentConfig(JsonWriter& json, const pipe::ComponentConfig& config) {
  json.BeginObject().Name("original").Raw(OriginalText(config)).Name("effective");
  if (config.effective) {
    json.Raw(ToJson(config.effective->root().value(), kConfigText));
  } else {
    json.BeginObject().EndObject();
  }
  json.EndObject();
}

void WriteRunCounts(JsonWriter& json, const pipe::RunCounts& counts) {
  json.BeginObject().Name("read").Count(counts.read).Name("written").Count(counts.written);
  json.Name("unchanged").Count(counts.unchanged).Name("deleted").Count(counts.deleted);
  json.Name("filtered").Count(counts.filtered).Name("read-errors").Count(counts.read_errors);
  json.Name("write-errors").Count(counts.write_errors).Name("retried").Count(counts.retried);
  json.Name("processed-again").Count(counts.again).Name("affected").Count(counts.affected);
  json.EndObject();
}

void WritePipe(JsonWriter& json, const pipe::PipeStatus& pipe, const PipeFields& fields) {
  const auto wanted = [&](std::string_view field) {
    return fields.empty() || fields.contains(field);
  };
  json.BeginObject().Name("_id").String(pipe.config.id).Name("type").String("pipe");
  if (wanted("config")) WriteComponentConfig(json.Name("config"), pipe.config);
  if (wanted("runtime")) WritePipeRuntime(json.Name("runtime"), pipe);
  if (wanted("graph")) WriteGraph(json.Name("graph"), pipe);
  json.EndObject();
}

void WritePump(JsonWriter& json, std::string_view id, const pipe::PumpStatus& pump,
               const pipe::ComponentConfig& config) {
  json.BeginObject().Name("_id").String(id).Name("config").BeginObject().Name("effective");
  if (config.effective) {
    json.Raw(ToJson(config.effective->root()["pump"].value(), kConfigText));
  } else {
    json.BeginObject().EndObject();
  }
  json.EndObject().Name("runtime").BeginObject();
  WritePumpRuntime(json, pump);
  json.EndObject().EndObject();
}

void WriteSystem(JsonWriter& json, const pipe::SystemStatus& system) {
  json.BeginObject().Name("_id").String(system.config.id).Name("type").String(system.config.type);
  WriteComponentConfig(json.Name("config"), system.config);
  json.Name("runtime").BeginObject();
  json.Name("is-valid-config").Boolean(system.is_valid_config);
  json.Name("config-errors").Raw(config::ConfigErrorsJson(system.issues));
  json.Name("is-built").Boolean(system.is_built);
  json.EndObject().EndObject();
}

void WriteDataset(JsonWriter& json, const storage::DatasetInfo& dataset, const DatasetUse& use) {
  json.BeginObject().Name("_id").String(dataset.name).Name("runtime").BeginObject();
  json.Name("populated").Boolean(dataset.populated);
  json.Name("count-index-exists").Count(dataset.live);
  json.Name("count-index-deleted").Count(dataset.deleted);
  json.Name("count-log-exists").Count(dataset.versions);
  json.Name("next-offset").Count(dataset.next_offset);
  json.Name("generation").String(UuidText(dataset.uuid));
  json.Name("created").Time(FromMicroseconds(dataset.created_us));
  json.Name("last-modified").Time(FromMicroseconds(dataset.updated_us));
  json.Name("pipe");
  if (use.writer) {
    json.String(*use.writer);
  } else {
    json.Null();
  }
  json.Name("readers").Strings(use.readers);
  json.Name("compaction").BeginObject();
  json.Name("keep_versions").Count(dataset.options.keep_versions);
  json.Name("queued").Count(dataset.queued);
  json.Name("holds").BeginArray();
  for (const auto& hold : use.holds) {
    json.BeginObject().Name("holder").String(hold.holder).Name("from").Count(hold.from).EndObject();
  }
  json.EndArray().EndObject();
  json.EndObject().EndObject();
}

}  // namespace sluice::api
