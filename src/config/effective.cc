#include "config/effective.h"

#include "config/effective_builder.h"

namespace sluice::config {
namespace {

// configuration-metadata.rst, namespaces.default.
constexpr std::pair<std::string_view, std::string_view> kPrefixes[] = {
    {"_", "http://example.org/"},
    {"rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"},
    {"rdfs", "http://www.w3.org/2000/01/rdf-schema#"},
    {"owl", "http://www.w3.org/2002/07/owl#"},
    {"foaf", "http://xmlns.com/foaf/0.1/"},
    {"wgs84", "http://www.w3.org/2003/01/geo/wgs84_pos#"},
    {"xsd", "http://www.w3.org/2001/XMLSchema#"},
    {"dc", "http://purl.org/dc/elements/1.1/"},
    {"skos", "http://www.w3.org/2004/02/skos/core#"},
    {"dcterms", "http://purl.org/dc/terms/"},
    {"gs", "http://www.opengis.net/ont/geosparql#"},
};

// A path like "global_defaults.max_merged" in the metadata; null where it leads nowhere.
Value Inherited(const ServiceMetadata* metadata, std::string_view path) {
  if (metadata == nullptr) return Value::Null();
  ConfigView view = metadata->root();
  while (!path.empty()) {
    const size_t dot = std::min(path.find('.'), path.size());
    view = view[path.substr(0, dot)];
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return view.value();
}

// Whether `prefix` is a pointer to `pointer` or to something around it.
bool Leads(std::string_view prefix, std::string_view pointer) {
  return pointer.starts_with(prefix) &&
         (pointer.size() == prefix.size() || pointer[prefix.size()] == '/');
}

}  // namespace

std::string Effective::OriginalPointer(std::string_view effective_pointer) const {
  const Moved* nearest = nullptr;
  for (const Moved& moved : moved_) {
    if (!Leads(moved.effective, effective_pointer)) continue;
    // Of two at one place the later one was found deeper in.
    if (nearest == nullptr || moved.effective.size() >= nearest->effective.size()) nearest = &moved;
  }
  if (nearest == nullptr) return std::string(effective_pointer);
  return nearest->original + std::string(effective_pointer.substr(nearest->effective.size()));
}

EffectiveBuilder::EffectiveBuilder(std::shared_ptr<const Document> document,
                                   std::shared_ptr<const Environment> environment,
                                   std::shared_ptr<const ServiceMetadata> metadata)
    : effective_(new Effective()),
      resolver_(effective_->arena_, effective_->moved_, issues_),
      defaults_(
          effective_->arena_,
          [this](std::string_view path) { return Inherited(effective_->metadata_.get(), path); },
          [this](const ConfigView& at, const Value& made) {
            issues_.Warn(effective_->OriginalPointer(at.pointer()),
                         fmt::format("expected {}, found a string; it is read as {}",
                                     made.IsNumber() ? "a number" : "true or false",
                                     *at.value().AsString()));
          }) {
  effective_->document_ = std::move(document);
  effective_->environment_ = std::move(environment);
  effective_->metadata_ = std::move(metadata);
}

std::shared_ptr<const Effective> EffectiveBuilder::Build() {
  const Document& document = *effective_->document_;
  Value root = SubstituteEnvironment(document.root(), *effective_->environment_, arena(), issues_);
  if (document.bytes().find("$conditional_properties") != std::string_view::npos) {
    root = resolver_.ConditionalProperties(root);
  }
  switch (document.kind()) {
    case ComponentKind::kPipe:
      root = Pipe(root);
      break;
    case ComponentKind::kSystem:
      root = System(root);
      break;
    case ComponentKind::kMetadata:
      root = Metadata(root);
      break;
    case ComponentKind::kUnknown:
      break;
  }
  effective_->root_ = root;
  effective_->issues_ = issues_.all();
  return effective_;
}

Value EffectiveBuilder::System(Value root) {
  ObjectEdit system(root);
  if (!effective_->id().empty()) system.SetIfMissing("name", Text(effective_->id()));
  const Value named = system.Build(arena());
  const TypeSchema* type = FindType(Part::kSystem, effective_->document_->type());
  return type == nullptr ? named : defaults_.Fill(ConfigView(named), *type);
}

Value EffectiveBuilder::Metadata(Value root) {
  ObjectEdit metadata(root);
  for (const std::string_view name : {"global_defaults", "dependency_tracking", "namespaces"}) {
    metadata.SetIfMissing(name, Value::Dict({}));
  }
  ObjectEdit namespaces(metadata.Get("namespaces"));
  ObjectEdit prefixes(namespaces.Get("default"));
  for (const auto& [prefix, uri] : kPrefixes) prefixes.SetIfMissing(prefix, Text(uri));
  namespaces.Set("default", prefixes.Build(arena()));
  metadata.Set("namespaces", namespaces.Build(arena()));
  const Value built = metadata.Build(arena());
  return defaults_.Fill(ConfigView(built), *FindType(Part::kMetadata));
}

std::shared_ptr<const Effective> MakeEffective(std::shared_ptr<const Document> document,
                                               std::shared_ptr<const Environment> environment,
                                               std::shared_ptr<const ServiceMetadata> metadata) {
  return EffectiveBuilder(std::move(document), std::move(environment), std::move(metadata)).Build();
}

std::shared_ptr<const ServiceMetadata> MakeServiceMetadata(
    std::shared_ptr<const Effective> effective) {
  std::shared_ptr<ServiceMetadata> metadata(new ServiceMetadata());
  metadata->root_ = effective->root().value();
  for (const Property& prefix : metadata->root_.Find("namespaces").Find("default").properties()) {
    if (const auto uri = prefix.value.AsString()) {
      metadata->prefixes_.emplace_back(prefix.name, *uri);
    }
  }
  metadata->effective_ = std::move(effective);
  return metadata;
}

std::shared_ptr<const ServiceMetadata> ServiceMetadata::Default() {
  auto document = Document::Parse(R"({"_id": "node", "type": "metadata"})");
  SLUICE_CHECK(document.ok());
  return MakeServiceMetadata(MakeEffective(*document, Environment::Empty(), nullptr));
}

}  // namespace sluice::config
