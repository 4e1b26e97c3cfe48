#include "pipe/compiled_pipe.h"

#include <algorithm>

#include "dtl/rdf_registry.h"
#include "pipe/dtl_transform.h"
#include "value/json.h"
#include "value/relations.h"

namespace sluice::pipe {
namespace {

bool Flag(const config::ConfigView& view, bool fallback = false) {
  return view.value().AsBoolean().value_or(fallback);
}

std::string Text(const config::ConfigView& view) {
  return std::string(view.value().AsString().value_or(""));
}

// Whether a property was written, rather than filled in with its default.
bool IsStated(const config::Effective& effective, std::string_view pointer) {
  const std::string original = effective.OriginalPointer(pointer);
  return original.ends_with(pointer.substr(pointer.rfind('/')));
}

// Whether rules anywhere call this transform or function.
bool Calls(const Value& value, std::string_view name) {
  if (value.IsList()) {
    if (value.At(0).AsString() == name) return true;
    return std::ranges::any_of(value.items(), [&](const Value& item) { return Calls(item, name); });
  }
  if (!value.IsDict()) return false;
  return std::ranges::any_of(value.properties(),
                             [&](const Property& p) { return Calls(p.value, name); });
}

class Compiler {
 public:
  Compiler(CompiledPipe& pipe, const CompileServices& services)
      : pipe_(pipe),
        services_(services),
        root_(pipe.checked.effective->root()),
        systems_(*pipe.systems) {
    context_.pipe_id = pipe.id;
    context_.systems = &systems_;
    context_.store = services.store;
    context_.catalogue = services.catalogue;
    context_.pipe = root_;
    context_.metadata = pipe.metadata->root();
    context_.clock = services.clock;
    context_.random = services.random;
    context_.indexes = services.indexes;
    context_.dataset_exists = services.dataset_exists;
    context_.spill_folder = services.spill_folder;
  }

  void Run() {
    ReadNamespaces();
    MakeSource();
    MakeTransforms();
    MakeSink();
    ReadSettings();
    PlanTracking();
    for (const config::Issue& issue : issues_.all()) AddIssue(issue);
    pipe_.used_systems = systems_.used();
  }

 private:
  void AddIssue(config::Issue issue) {
    issue.at = pipe_.checked.effective->OriginalPointer(issue.at);
    pipe_.checked.issues.push_back(std::move(issue));
  }

  // Runs a component's maker; its findings become issues.
  template <class Component>
  std::unique_ptr<Component> Make(const Make<Component>& make, const config::ConfigView& config) {
    config::Issues issues;
    context_.issues = &issues;
    auto made = make(config, context_);
    for (config::Issue issue : issues.all()) issues_.Add(std::move(issue));
    if (made.ok()) return std::move(made).value();
    if (made.error().code == Code::kNotBuilt) {
      NotBuilt(config, made.error().message);
    } else if (made.error().code == Code::kUnavailable) {
      LacksSecret(config, made.error().message);
    } else if (!issues.HasErrors()) {
      Error error = made.error();
      if (error.at.empty()) error.at = config.pointer();
      issues_.AddError(error);
    }
    return nullptr;
  }

  void NotBuilt(const config::ConfigView& config, const std::string& what) {
    CannotRun(config, what + ": not built in this version");
    pipe_.not_built_code = Code::kNotBuilt;
  }

  // It may come later: secrets of a system are put after the system.
  void LacksSecret(const config::ConfigView& config, const std::string& what) {
    if (pipe_.not_built.empty()) pipe_.not_built_code = Code::kUnavailable;
    CannotRun(config, what);
  }

  void CannotRun(const config::ConfigView& config, const std::string& why) {
    if (!pipe_.not_built.empty()) pipe_.not_built += "; ";
    pipe_.not_built += why;
    issues_.Warn(config.pointer(), why + "; the pump cannot start");
  }

  void ReadNamespaces() {
    pipe_.namespaces.identifiers = Flag(root_["namespaced_identifiers"]);
    pipe_.namespaces.identity = Text(root_["namespaces"]["identity"]);
    pipe_.namespaces.property = Text(root_["namespaces"]["property"]);
    if (pipe_.namespaces.identity.empty()) pipe_.namespaces.identity = pipe_.id;
    if (pipe_.namespaces.property.empty()) pipe_.namespaces.property = pipe_.id;
    pipe_.namespaces.prefixes = pipe_.metadata->prefixes();
    pipe_.namespaces.rdf = dtl::ReadRdfRegistry(pipe_.metadata->root()["rdf"].value());
    pipe_.add_namespaces = Flag(root_["add_namespaces"]);
    pipe_.remove_namespaces = Flag(root_["remove_namespaces"]);
    context_.namespaces = pipe_.namespaces;
    context_.add_namespaces = pipe_.add_namespaces;
    context_.remove_namespaces = pipe_.remove_namespaces;
    const config::ConfigView sink = root_["sink"];
    if (sink["type"].value().AsString() == "dataset") {
      context_.sink_dataset = Text(sink["dataset"]);
      if (context_.sink_dataset.empty()) context_.sink_dataset = pipe_.id;
    }
  }

  void MakeSource() {
    const config::ConfigView source = root_["source"];
    pipe_.source_type = Text(source["type"]);
    const SourceType* const type = services_.registry->FindSource(pipe_.source_type);
    if (type == nullptr || !type->make) {
      if (!pipe_.source_type.empty()) {
        NotBuilt(source, fmt::format("the source type \"{}\"", pipe_.source_type));
      }
      return;
    }
    pipe_.source = Make(type->make, source);
    if (pipe_.source) pipe_.indexes = pipe_.source->indexes();
  }

  void MakeTransforms() {
    const config::ConfigView list = root_["transform"];
    context_.creates_children = Calls(list.value(), "create-child");
    context_.may_trip = Calls(list.value(), "trip!");
    pipe_.transforms_complete = true;
    for (size_t i = 0; i < list.value().count(); ++i) {
      const config::ConfigView transform = list[i];
      const std::string name = Text(transform["type"]);
      const TransformType* const type = services_.registry->FindTransform(name);
      std::unique_ptr<Transform> made;
      if (type != nullptr && type->make) {
        made = Make(type->make, transform);
      } else {
        NotBuilt(transform, fmt::format("the transform type \"{}\"", name));
      }
      if (!made) pipe_.transforms_complete = false;
      if (!pipe_.transforms_complete) continue;  // The rest is made to find its errors.
      for (std::string& dataset : made->datasets()) pipe_.lookups.insert(std::move(dataset));
      if (const auto* dtl = dynamic_cast<const DtlTransform*>(made.get())) {
        const auto& indexes = dtl->analysis().indexes;
        pipe_.indexes.insert(pipe_.indexes.end(), indexes.begin(), indexes.end());
      }
      pipe_.transforms.push_back(std::move(made));
    }
  }

  void MakeSink() {
    const config::ConfigView sink = root_["sink"];
    pipe_.sink_type = Text(sink["type"]);
    const SinkType* const type = services_.registry->FindSink(pipe_.sink_type);
    if (type == nullptr || !type->make) {
      if (!pipe_.sink_type.empty()) {
        NotBuilt(sink, fmt::format("the sink type \"{}\"", pipe_.sink_type));
      }
      return;
    }
    pipe_.sink = Make(type->make, sink);
    pipe_.dataset_sink = dynamic_cast<const DatasetSink*>(pipe_.sink.get());
    if (!pipe_.dataset_sink) return;
    const IndexedKeys& declared = pipe_.dataset_sink->options().indexed;
    pipe_.indexes.insert(pipe_.indexes.end(), declared.begin(), declared.end());
  }

  void PlanTracking() {
    const config::ConfigView stated = pipe_.checked.document->root()["dependency_tracking"];
    pipe_.tracking = MakeTrackingPlan(
        {.source = pipe_.source.get(),
         .transforms = &pipe_.transforms,
         .has_sink = pipe_.sink && !pipe_.sink->is_endpoint(),
         .has_dataset_sink = pipe_.dataset_sink != nullptr,
         .sink_dataset = pipe_.dataset_sink ? pipe_.dataset_sink->dataset() : std::string(),
         .add_namespaces = pipe_.add_namespaces,
         .pipe = root_,
         .states_error_entities = stated["dependency_error_threshold"].exists(),
         .states_error_bytes = stated["dependency_error_threshold_total_bytes"].exists()});
    const IndexedKeys& indexes = pipe_.tracking.inverse.indexes;
    pipe_.indexes.insert(pipe_.indexes.end(), indexes.begin(), indexes.end());
    for (const std::string& reason : pipe_.tracking.not_exact) {
      issues_.Warn("/transform", fmt::format("the pipe is not exact: {}", reason));
    }
    for (const std::string& dataset : pipe_.lookups) {
      if (services_.dataset_exists && services_.dataset_exists(dataset)) {
        pipe_.awaited.insert(dataset);
      }
    }
  }

  void ReadSettings() {
    pipe_.pump = ReadPumpSettings(root_, pipe_.checked.document->root(), issues_);
    const config::Effective& effective = *pipe_.checked.effective;
    pipe_.batch_size_stated = IsStated(effective, "/batch_size");
    const auto batch_size = root_["batch_size"].value().AsInteger();
    if (pipe_.batch_size_stated && batch_size && *batch_size > 0) {
      pipe_.batch_size = std::min<size_t>(static_cast<size_t>(*batch_size), kBatchSizeMax);
    } else if (pipe_.sink) {
      pipe_.batch_size = pipe_.sink->default_batch_size();
    }
    const auto interval = root_["checkpoint_interval"].value().AsInteger();
    if (IsStated(effective, "/checkpoint_interval") && interval && *interval > 0) {
      pipe_.checkpoint_interval = static_cast<size_t>(*interval);
    } else {
      pipe_.checkpoint_interval = pipe_.batch_size == 1 ? 1 : 100;
    }
    const config::ConfigView source = root_["source"];
    pipe_.fail_if_source_empty = Text(source["if_source_empty"]) == "fail";
    pipe_.require_populated_input = Flag(source["require_populated_input"]);
    pipe_.auto_populate = Flag(source["auto_populate_dataset"], true);
    pipe_.automatic_reprocessing = Text(root_["reprocessing_policy"]) == "automatic";
    pipe_.rescan_when_config_changes = Flag(root_["rescan_when_config_changes"]);
    pipe_.allows_set_last_seen = !Flag(root_["disable_set_last_seen"]);
    const auto is_external = [](const auto& component) {
      return !component || component->is_external();
    };
    pipe_.external = is_external(pipe_.source) || is_external(pipe_.sink) ||
                     std::ranges::any_of(pipe_.transforms, is_external);
    pipe_.signalled = IsSignalled(source, effective);
  }

  // scheduling-and-signalling.rst, and the notes at supports_signalling.
  bool IsSignalled(const config::ConfigView& source, const config::Effective& effective) const {
    if (!pipe_.source || pipe_.source->datasets().empty()) return false;
    if (IsStated(effective, "/source/supports_signalling")) {
      return Flag(source["supports_signalling"]);
    }
    if (!Flag(pipe_.metadata->Global("use_signalling_internally"), true)) return false;
    if (!pipe_.sink || pipe_.sink->is_external()) return false;
    if (pipe_.pump.cron) return false;
    return !(pipe_.pump.states_schedule && pipe_.pump.schedule_interval < 3600);
  }

  static constexpr size_t kBatchSizeMax = 100'000;

  CompiledPipe& pipe_;
  const CompileServices& services_;
  config::ConfigView root_;
  RecordingSystems systems_;
  MakeContext context_;
  config::Issues issues_;
};

// The text of what decides a pipe's output.
std::string DataText(const config::ConfigView& root) {
  std::string text;
  for (const char* name : {"source", "transform", "sink", "namespaces", "namespaced_identifiers",
                           "add_namespaces", "remove_namespaces"}) {
    WriteJson(root[name].value(), text, {.sort_keys = true});
    text += '\n';
  }
  return text;
}

std::string HashOfText(std::string_view text) {
  const Property property[] = {{"text", Value::String(text)}};
  return HashText(IdentityHash(Value::Dict(property)));
}

}  // namespace

std::string PipeIdentity(const config::CheckedComponent& checked,
                         const config::ServiceMetadata& metadata) {
  std::string text(checked.document->bytes());
  WriteJson(checked.effective->root().value(), text, {.sort_keys = true});
  WriteJson(metadata.root().value(), text, {.sort_keys = true});
  for (const config::Issue& issue : checked.issues) text += issue.at + issue.message;
  return HashOfText(text);
}

std::shared_ptr<CompiledPipe> CompilePipe(const config::CheckedComponent& checked,
                                          std::shared_ptr<const config::ServiceMetadata> metadata,
                                          std::shared_ptr<SystemSet> systems,
                                          const CompileServices& services) {
  auto pipe = std::make_shared<CompiledPipe>();
  pipe->id = checked.document->id();
  pipe->checked = checked;
  pipe->metadata = std::move(metadata);
  pipe->systems = std::move(systems);
  pipe->identity = PipeIdentity(checked, *pipe->metadata);
  pipe->fingerprint = HashOfText(DataText(checked.effective->root()));
  Compiler(*pipe, services).Run();
  return pipe;
}

}  // namespace sluice::pipe
