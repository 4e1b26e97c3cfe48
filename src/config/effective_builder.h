// EffectiveBuilder: the steps that make an effective configuration. Included by effective*.cc only.

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/defaults.h"
#include "config/effective.h"
#include "config/object_edit.h"
#include "config/resolve.h"

namespace sluice::config {

class EffectiveBuilder {
 public:
  EffectiveBuilder(std::shared_ptr<const Document> document,
                   std::shared_ptr<const Environment> environment,
                   std::shared_ptr<const ServiceMetadata> metadata);
  std::shared_ptr<const Effective> Build();

 private:
  Value Pipe(Value root);
  Value System(Value root);
  Value Metadata(Value root);

  // Of a pipe; each changes what it is about and reads what was made before.
  void ExpandShortConfig(ObjectEdit& pipe);
  void FillSource(ObjectEdit& pipe);
  void FillTransforms(ObjectEdit& pipe);
  void FillSink(ObjectEdit& pipe);
  void FillPump(ObjectEdit& pipe);
  void FillSignalling(ObjectEdit& pipe);
  void FillNamespaces(ObjectEdit& pipe);
  void FillBatches(ObjectEdit& pipe);
  void FillPipe(ObjectEdit& pipe);
  void AddTransforms(const Placed& from, size_t depth, std::vector<Placed>& to);

  // A property as a place, in the document too.
  Placed PlacedProperty(const ObjectEdit& object, std::string_view name) const;
  Value Text(std::string_view text) { return Value::String(arena().Copy(text)); }
  ConfigView Global(std::string_view name) const { return metadata()->Global(name); }
  const std::shared_ptr<const ServiceMetadata>& metadata() const { return effective_->metadata_; }
  Arena& arena() { return effective_->arena_; }

  std::shared_ptr<Effective> effective_;
  Issues issues_;
  Resolver resolver_;
  Defaults defaults_;
  bool has_schedule_ = false;  // The pump's interval was written, not filled in.
};

}  // namespace sluice::config
