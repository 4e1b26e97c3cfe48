// The effective configuration of pipes.

#include <algorithm>

#include "config/effective_builder.h"

namespace sluice::config {
namespace {

constexpr size_t kTransformDepthMax = 32;  // Lists in lists, chained in chained.
constexpr int64_t kBatchEntities = 100;    // configuration-pipes.rst, batch_size.
constexpr int64_t kCheckpointEntities = 10'000;
constexpr int64_t kInternalIntervalSeconds = 30;  // configuration-pump.rst, schedule_interval.
constexpr int64_t kExternalIntervalSeconds = 900;
constexpr double kSignalledIntervalSeconds =
    3600;  // A shorter explicit interval switches signals off.

const TypeSchema* TypeOf(Part part, const Value& component) {
  return FindType(part, component.Find("type").AsString().value_or(""));
}

bool IsDataset(std::string_view sink_type) {
  return sink_type == "dataset" || sink_type == "replicated_dataset";
}

}  // namespace

Value EffectiveBuilder::Pipe(Value root) {
  ObjectEdit pipe(root);
  ExpandShortConfig(pipe);
  FillSource(pipe);
  FillTransforms(pipe);
  FillSink(pipe);
  FillPump(pipe);
  FillSignalling(pipe);
  FillNamespaces(pipe);
  FillBatches(pipe);
  FillPipe(pipe);
  return pipe.Build(arena());
}

Placed EffectiveBuilder::PlacedProperty(const ObjectEdit& object, std::string_view name) const {
  std::string pointer = AppendToPointer("", name);
  std::string original = effective_->OriginalPointer(pointer);
  return {object.Get(name), std::move(pointer), std::move(original)};
}

// "sql://SYSTEM/TABLE" is a pipe from that table to a dataset (deprecations.rst).
void EffectiveBuilder::ExpandShortConfig(ObjectEdit& pipe) {
  const ConfigView view(pipe.Get("short_config"), "/short_config");
  if (view.value().IsNull()) return;
  pipe.SetIfMissing("type", Value::String("pipe"));
  const std::string_view text = view.value().AsString().value_or("");
  constexpr std::string_view kScheme = "sql://";
  const size_t slash = text.find('/', kScheme.size());
  if (!text.starts_with(kScheme) || slash == std::string_view::npos || slash == kScheme.size() ||
      slash + 1 == text.size()) {
    issues_.AddError(view.Fail("expected \"sql://SYSTEM/TABLE\", found {}", view.Describe()));
    return;
  }
  ObjectEdit source;
  source.Set("type", Value::String("sql"));
  source.Set("system", Text(text.substr(kScheme.size(), slash - kScheme.size())));
  source.Set("table", Text(text.substr(slash + 1)));
  pipe.SetIfMissing("source", source.Build(arena()));
  ObjectEdit pump(pipe.Get("pump"));
  pump.SetIfMissing("schedule_interval", Value::Integer(60));
  pump.SetIfMissing("run_at_startup", Value::Boolean(true));
  pipe.Set("pump", pump.Build(arena()));
}

void EffectiveBuilder::FillSource(ObjectEdit& pipe) {
  if (!pipe.Has("source")) return;
  const Placed placed = resolver_.Conditional(PlacedProperty(pipe, "source"));
  Value source = placed.value;
  if (const TypeSchema* type = TypeOf(Part::kSource, source)) {
    source = defaults_.Fill(ConfigView(source, placed.effective), *type);
    if (type->Find("initial_datasets") != nullptr) {
      ObjectEdit edit(source);
      edit.SetIfMissing("initial_datasets", edit.Get("datasets"));
      source = edit.Build(arena());
    }
  }
  pipe.Set("source", source);
}

void EffectiveBuilder::FillTransforms(ObjectEdit& pipe) {
  std::vector<Placed> placed;
  if (pipe.Has("transform")) AddTransforms(PlacedProperty(pipe, "transform"), 0, placed);
  std::vector<Value> transforms;
  for (Placed& transform : placed) {
    const std::string pointer = fmt::format("/transform/{}", transforms.size());
    if (pointer != transform.original) {
      effective_->moved_.push_back({pointer, transform.original});
    }
    const TypeSchema* type = TypeOf(Part::kTransform, transform.value);
    transforms.push_back(type == nullptr
                             ? transform.value
                             : defaults_.Fill(ConfigView(transform.value, pointer), *type));
  }
  pipe.Set("transform", Value::List(arena().CopyArray<Value>(transforms)));
}

// Appends what a transform stands for. The places it leaves in `moved_` are about the list as
// written, so they are forgotten: where a transform ends up is known only by FillTransforms.
void EffectiveBuilder::AddTransforms(const Placed& from, size_t depth, std::vector<Placed>& to) {
  if (depth > kTransformDepthMax) {
    issues_.Add({Level::kError,
                 from.original,
                 fmt::format("transforms are nested deeper than {}", kTransformDepthMax),
                 {}});
    return;
  }
  const size_t moved = effective_->moved_.size();
  const Placed resolved = resolver_.Conditional(from);
  effective_->moved_.resize(moved);
  const bool chained = resolved.value.Find("type").AsString() == "chained" &&
                       resolved.value.Find("transforms").IsList();
  const Value list = chained ? resolved.value.Find("transforms") : resolved.value;
  if (!list.IsList()) {
    to.push_back(resolved);
    return;
  }
  const std::string place =
      chained ? AppendToPointer(resolved.original, "transforms") : resolved.original;
  size_t index = 0;
  for (const Value& item : list.items()) {
    AddTransforms({item, "", AppendToPointer(place, std::to_string(index++))}, depth + 1, to);
  }
}

void EffectiveBuilder::FillSink(ObjectEdit& pipe) {
  const Placed placed = resolver_.Conditional(PlacedProperty(pipe, "sink"));
  Value sink = placed.value;
  if (!sink.IsNull() && !sink.IsDict()) return;
  ObjectEdit edit(sink);
  edit.SetIfMissing("type", Value::String("dataset"));
  const std::string_view type = edit.Get("type").AsString().value_or("");
  if (IsDataset(type)) {
    edit.SetIfMissing("dataset", Text(effective_->id()));
    edit.SetIfMissing("indexes", Global("always_index_ids").value().IsTrue() ? Value::String("$ids")
                                                                             : Value::List({}));
  }
  sink = edit.Build(arena());
  const TypeSchema* schema = FindType(Part::kSink, type);
  pipe.Set("sink",
           schema == nullptr ? sink : defaults_.Fill(ConfigView(sink, placed.effective), *schema));
}

void EffectiveBuilder::FillPump(ObjectEdit& pipe) {
  const TypeSchema* source = TypeOf(Part::kSource, pipe.Get("source"));
  const TypeSchema* sink = TypeOf(Part::kSink, pipe.Get("sink"));
  const bool endpoint =
      (source != nullptr && source->endpoint) || (sink != nullptr && sink->endpoint);
  if (endpoint && !pipe.Has("pump")) return;
  if (pipe.Has("pump") && !pipe.Get("pump").IsDict()) return;
  const bool internal =
      source != nullptr && source->reads_datasets && sink != nullptr && IsDataset(sink->type);
  const Value written = pipe.Get("pump");
  ObjectEdit pump(defaults_.Fill(ConfigView(written.IsNull() ? Value::Dict({}) : written, "/pump"),
                                 *FindType(Part::kPump)));
  has_schedule_ = pump.Has("schedule_interval");
  if (!pump.Has("cron_expression")) {
    pump.SetIfMissing("schedule_interval", Value::Integer(internal ? kInternalIntervalSeconds
                                                                   : kExternalIntervalSeconds));
  }
  pipe.Set("pump", pump.Build(arena()));
}

// configuration-metadata.rst, global_defaults.use_signalling_internally: on between datasets,
// unless the pump's schedule was written and is more often than hourly.
void EffectiveBuilder::FillSignalling(ObjectEdit& pipe) {
  const TypeSchema* type = TypeOf(Part::kSource, pipe.Get("source"));
  if (type == nullptr || !type->reads_datasets || type->Find("supports_signalling") == nullptr) {
    return;
  }
  ObjectEdit source(pipe.Get("source"));
  if (source.Has("supports_signalling")) return;
  const auto interval = ConfigView(pipe.Get("pump").Find("schedule_interval")).Number();
  const bool allowed =
      pipe.Get("pump").Find("cron_expression").IsNull() &&
      (!has_schedule_ || (interval.ok() && *interval >= kSignalledIntervalSeconds));
  const bool internal = IsDataset(pipe.Get("sink").Find("type").AsString().value_or(""));
  source.Set(
      "supports_signalling",
      Value::Boolean(internal && allowed && Global("use_signalling_internally").value().IsTrue()));
  pipe.Set("source", source.Build(arena()));
}

void EffectiveBuilder::FillNamespaces(ObjectEdit& pipe) {
  pipe.SetIfMissing("namespaced_identifiers", Value::Boolean(metadata()->namespaced_identifiers()));
  const bool namespaced = pipe.Get("namespaced_identifiers").IsTrue();
  if (!pipe.Has("namespaces") || pipe.Get("namespaces").IsDict()) {
    ObjectEdit namespaces(pipe.Get("namespaces"));
    namespaces.SetIfMissing("identity", Text(effective_->id()));
    namespaces.SetIfMissing("property", Text(effective_->id()));
    pipe.Set("namespaces", namespaces.Build(arena()));
  }
  const TypeSchema* source = TypeOf(Part::kSource, pipe.Get("source"));
  const TypeSchema* sink = TypeOf(Part::kSink, pipe.Get("sink"));
  pipe.SetIfMissing("add_namespaces",
                    Value::Boolean(namespaced && source != nullptr && source->namespaces));
  pipe.SetIfMissing("remove_namespaces",
                    Value::Boolean(namespaced && sink != nullptr && sink->namespaces));
}

void EffectiveBuilder::FillBatches(ObjectEdit& pipe) {
  const TypeSchema* sink = TypeOf(Part::kSink, pipe.Get("sink"));
  pipe.SetIfMissing(
      "batch_size",
      Value::Integer(sink != nullptr && sink->batch_size != 0 ? sink->batch_size : kBatchEntities));
  const int64_t batch = pipe.Get("batch_size").AsInteger().value_or(kBatchEntities);
  pipe.SetIfMissing(
      "checkpoint_interval",
      Value::Integer(batch <= 1 ? 1 : std::max<int64_t>(1, kCheckpointEntities / batch)));
}

void EffectiveBuilder::FillPipe(ObjectEdit& pipe) {
  if (!effective_->id().empty()) pipe.SetIfMissing("name", Text(effective_->id()));
  pipe.SetIfMissing("dependency_tracking", Value::Dict({}));
  pipe.SetIfMissing("compaction", Value::Dict({}));
  if (pipe.Get("compaction").IsDict()) {
    ObjectEdit compaction(pipe.Get("compaction"));
    compaction.SetIfMissing(
        "sink",
        Value::Boolean(Global("default_compaction_type").value().AsString() != "background"));
    pipe.Set("compaction", compaction.Build(arena()));
  }
  const Value built = pipe.Build(arena());
  pipe = ObjectEdit(defaults_.Fill(ConfigView(built), *FindType(Part::kPipe)));
}

}  // namespace sluice::config
