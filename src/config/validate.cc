#include "config/validate.h"

#include <algorithm>
#include <map>

#include "base/limits.h"
#include "config/resolve.h"
#include "config/schema.h"

namespace sluice::config {
namespace {

constexpr size_t kIdCharactersMax = 62;  // changelog.rst: ids are components of DNS names.

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Letters, digits and hyphens, the first no hyphen.
bool IsUsualId(std::string_view id) {
  const auto usual = [](char c) { return IsLetterOrDigit(c) || c == '-'; };
  return id.size() <= kIdCharactersMax && IsLetterOrDigit(id[0]) &&
         std::all_of(id.begin(), id.end(), usual);
}

void CheckId(const Document& document, Issues& issues) {
  const ConfigView id = document.root()["_id"];
  const auto text = id.value().AsString();
  if (!text) {
    issues.AddError(id.exists() ? id.Fail("expected a string, found {}", id.Describe())
                                : id.Fail("\"_id\" is required"));
    return;
  }
  if (text->empty()) {
    issues.AddError(id.Fail("expected an id, found an empty string"));
  } else if (document.kind() == ComponentKind::kMetadata) {
    if (*text != "node") {
      issues.Warn(id.pointer(),
                  fmt::format("expected \"node\", the id of the service metadata, found {}",
                              id.Describe()));
    }
  } else if (text->find('/') != std::string_view::npos) {
    issues.AddError(id.Fail("an id has no '/', found {}", id.Describe()));
  } else if (!IsUsualId(*text) && document.root()["metadata"]["origin"].value().IsNull()) {
    issues.Warn(id.pointer(),
                fmt::format("expected letters, digits and hyphens, at most {}, the first no "
                            "hyphen, found {}",
                            kIdCharactersMax, id.Describe()));
  }
}

void CheckType(const Document& document, Issues& issues) {
  if (document.kind() != ComponentKind::kUnknown) return;
  const ConfigView type = document.root()["type"];
  if (!type.exists()) {
    issues.AddError(type.Fail("\"type\" is required"));
    return;
  }
  constexpr std::string_view kTypes[] = {"pipe", "metadata"};
  issues.Add(
      {Level::kError, type.pointer(),
       fmt::format("expected \"pipe\", \"metadata\" or \"system:…\", found {}", type.Describe()),
       Suggestion(type.value().AsString().value_or(""), kTypes)});
}

// Both ways to say when a pump runs.
void CheckPump(const ConfigView& written, Issues& issues) {
  const auto both = [&](std::string_view one, std::string_view other, std::string_view wins) {
    if (written[one].value().IsNull() || written[other].value().IsNull()) return;
    issues.Warn(
        written[other].pointer(),
        fmt::format("\"{}\" and \"{}\" exclude each other; \"{}\" counts", one, other, wins));
  };
  both("schedule_interval", "cron_expression", "cron_expression");
  both("rescan_run_count", "rescan_cron_expression", "rescan_cron_expression");
}

void CheckEndpointPump(const Effective& effective, Issues& issues) {
  const ConfigView pump = effective.root()["pump"];
  if (pump.value().IsNull()) return;
  for (const auto& [name, part] :
       {std::pair("source", Part::kSource), std::pair("sink", Part::kSink)}) {
    const auto type = effective.root()[name]["type"].value().AsString().value_or("");
    const TypeSchema* schema = FindType(part, type);
    if (schema == nullptr || !schema->endpoint) continue;
    issues.Warn("/pump",
                fmt::format("a pipe with the {} {} has no pump; this one is not used", type, name));
  }
}

// What components say about each other.
class Together {
 public:
  explicit Together(std::vector<std::pair<CheckedComponent*, Issues*>> components)
      : components_(std::move(components)) {
    for (const auto& [component, issues] : components_) {
      const Document& document = *component->document;
      if (document.kind() == ComponentKind::kSystem) {
        systems_.emplace(document.id(), document.type());
      }
      const auto dataset = DatasetOf(*component);
      if (!dataset.empty()) writers_[dataset].push_back(document.id());
    }
    for (const auto& [id, type] : systems_) system_ids_.push_back(id);
  }

  void Check() {
    std::map<std::pair<ComponentKind, std::string_view>, int> seen;
    for (const auto& [component, issues] : components_) {
      const Document& document = *component->document;
      if (document.kind() == ComponentKind::kUnknown || document.id().empty()) continue;
      const std::string_view id = document.kind() == ComponentKind::kMetadata ? "" : document.id();
      if (seen[{document.kind(), id}]++ > 0) {
        issues->Add({Level::kError,
                     "/_id",
                     id.empty() ? std::string("there is more than one service metadata")
                                : fmt::format("there is more than one {} \"{}\"",
                                              ToString(document.kind()), id),
                     {}});
      }
      if (document.kind() == ComponentKind::kPipe) CheckPipe(*component, *issues);
    }
  }

 private:
  static std::string_view DatasetOf(const CheckedComponent& component) {
    if (component.document->kind() != ComponentKind::kPipe) return {};
    return component.effective->root()["sink"]["dataset"].value().AsString().value_or("");
  }

  void CheckPipe(const CheckedComponent& component, Issues& issues) {
    const Effective& effective = *component.effective;
    const ConfigView root = effective.root();
    CheckSystem(effective, root["source"], Part::kSource, issues);
    for (size_t i = 0; i < root["transform"].value().count(); ++i) {
      CheckSystem(effective, root["transform"][i], Part::kTransform, issues);
    }
    CheckSystem(effective, root["sink"], Part::kSink, issues);

    const std::string_view dataset = DatasetOf(component);
    const auto writers = writers_.find(dataset);
    if (writers == writers_.end()) return;
    for (const std::string_view other : writers->second) {
      if (other == component.document->id()) continue;
      issues.Warn(effective.OriginalPointer("/sink/dataset"),
                  fmt::format("the pipe \"{}\" writes to the dataset \"{}\" too; each deletes what "
                              "the other wrote unless \"deletion_tracking\" is false",
                              other, dataset));
    }
  }

  void CheckSystem(const Effective& effective, const ConfigView& part, Part kind,
                   Issues& issues) const {
    const ConfigView view = part["system"];
    const auto id = view.value().AsString();
    if (!id || id->find("$ENV(") != std::string_view::npos) return;
    const std::string at = effective.OriginalPointer(view.pointer());
    const auto system = systems_.find(*id);
    if (system == systems_.end()) {
      issues.Add({Level::kError, at, fmt::format("there is no system \"{}\"", *id),
                  Suggestion(*id, system_ids_)});
      return;
    }
    const TypeSchema* type = FindType(kind, part["type"].value().AsString().value_or(""));
    // A REST system is a URL system with more to it.
    if (type == nullptr || type->systems.empty() || ListHolds(type->systems, system->second) ||
        (system->second == "system:rest" && ListHolds(type->systems, "system:url"))) {
      return;
    }
    std::string expected(type->systems);
    for (size_t bar = expected.find('|'); bar != std::string::npos; bar = expected.find('|')) {
      expected.replace(bar, 1, ", ");
    }
    issues.Warn(at, fmt::format("expected a system of type {}, \"{}\" is of type {}", expected, *id,
                                system->second));
  }

  std::vector<std::pair<CheckedComponent*, Issues*>> components_;
  std::map<std::string_view, std::string_view> systems_;
  std::vector<std::string_view> system_ids_;
  std::map<std::string_view, std::vector<std::string_view>> writers_;
};

void CheckAlone(const CheckedComponent& component, Issues& issues) {
  const Document& document = *component.document;
  const Effective& effective = *component.effective;
  for (const Issue& issue : document.parse_warnings()) issues.Add(issue);
  CheckId(document, issues);
  CheckType(document, issues);
  for (const Issue& issue : effective.issues()) issues.Add(issue);
  Issues schema;
  ValidateSchema(effective.root(), document.kind(), schema);
  for (Issue issue : schema.all()) {
    // CheckId and CheckType have said it.
    if (issue.at == "/_id" || (issue.at == "/type" && !document.root()["type"].exists())) continue;
    issue.at = effective.OriginalPointer(issue.at);
    issues.Add(std::move(issue));
  }
  if (document.kind() != ComponentKind::kPipe) return;
  CheckPump(document.root()["pump"], issues);
  CheckEndpointPump(effective, issues);
}

}  // namespace

bool CheckedComponent::valid() const {
  return std::none_of(issues.begin(), issues.end(),
                      [](const Issue& issue) { return issue.level == Level::kError; });
}

CheckedConfiguration CheckConfiguration(const Documents& documents,
                                        std::shared_ptr<const Environment> environment) {
  CheckedConfiguration checked;
  checked.environment_ = environment;
  checked.metadata_ = ServiceMetadata::Default();
  std::shared_ptr<const Effective> metadata;
  for (const auto& document : documents) {
    if (document->kind() != ComponentKind::kMetadata || metadata) continue;
    metadata = MakeEffective(document, environment, nullptr);
    checked.metadata_ = MakeServiceMetadata(metadata);
  }
  std::vector<Issues> issues(documents.size());
  for (size_t i = 0; i < documents.size(); ++i) {
    const bool is_metadata = metadata && metadata->document() == documents[i];
    checked.components_.push_back(
        {documents[i],
         is_metadata ? metadata : MakeEffective(documents[i], environment, checked.metadata_),
         {}});
    CheckAlone(checked.components_.back(), issues[i]);
  }
  std::vector<std::pair<CheckedComponent*, Issues*>> pairs;
  for (size_t i = 0; i < documents.size(); ++i) {
    pairs.emplace_back(&checked.components_[i], &issues[i]);
  }
  Together(std::move(pairs)).Check();
  for (size_t i = 0; i < documents.size(); ++i) {
    auto& all = checked.components_[i].issues;
    all = issues[i].all();
    std::stable_partition(all.begin(), all.end(),
                          [](const Issue& issue) { return issue.level == Level::kError; });
  }
  checked.Index();
  return checked;
}

void CheckedConfiguration::Index() {
  for (size_t i = 0; i < components_.size(); ++i) {
    const Document& document = *components_[i].document;
    // The first of several with one id counts.
    if (document.kind() == ComponentKind::kPipe) pipes_.emplace(document.id(), i);
    if (document.kind() == ComponentKind::kSystem) systems_.emplace(document.id(), i);
  }
}

const CheckedComponent* CheckedConfiguration::FindPipe(std::string_view id) const {
  const auto pipe = pipes_.find(id);
  return pipe == pipes_.end() ? nullptr : &components_[pipe->second];
}

const CheckedComponent* CheckedConfiguration::FindSystem(std::string_view id) const {
  const auto system = systems_.find(id);
  return system == systems_.end() ? nullptr : &components_[system->second];
}

std::vector<const CheckedComponent*> CheckedConfiguration::pipes() const {
  std::vector<const CheckedComponent*> pipes;
  for (const CheckedComponent& component : components_) {
    if (component.document->kind() == ComponentKind::kPipe) pipes.push_back(&component);
  }
  return pipes;
}

std::vector<const CheckedComponent*> CheckedConfiguration::systems() const {
  std::vector<const CheckedComponent*> systems;
  for (const CheckedComponent& component : components_) {
    if (component.document->kind() == ComponentKind::kSystem) systems.push_back(&component);
  }
  return systems;
}

bool CheckedConfiguration::valid() const {
  return std::all_of(components_.begin(), components_.end(),
                     [](const CheckedComponent& component) { return component.valid(); });
}

}  // namespace sluice::config
