#include "dtl/lookup_node.h"

#include "dtl/path.h"
#include "dtl/target.h"

namespace sluice::dtl {
namespace {

constexpr std::string_view kScheme = "sesam:";

// "sesam:DATASET/ID" names an entity completely; anything else is relative.
struct Reference {
  std::string_view dataset;
  std::string_view id;
};

std::optional<Reference> ReadReference(const Value& value) {
  if (!value.IsString() && !value.AsUri()) return std::nullopt;
  const std::string_view text = value.text();
  if (!text.starts_with(kScheme)) return Reference{.dataset = {}, .id = text};
  const std::string_view rest = text.substr(kScheme.size());
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  return Reference{.dataset = rest.substr(0, slash), .id = rest.substr(slash + 1)};
}

class LookupNode final : public ResultNode {
 public:
  LookupNode(std::vector<NodePtr> args, std::string source_dataset, std::string at)
      : args_(std::move(args)), source_dataset_(std::move(source_dataset)), at_(std::move(at)) {}

  Result<Value> Try(Evaluator& evaluator) const override {
    SLUICE_TRY(evaluator.TryStep());
    ListBuilder datasets(evaluator.arena());
    if (args_.size() == 2) {
      SLUICE_TRY(const Value given, dtl::Try(*args_[0], evaluator));
      datasets.AddFlattened(given);
    } else if (!source_dataset_.empty()) {
      datasets.Add(Value::String(source_dataset_));
    }
    SLUICE_TRY(const Value references, dtl::Try(*args_.back(), evaluator));
    ListBuilder found(evaluator.arena());
    ListBuilder items(evaluator.arena());
    items.AddFlattened(references);
    for (const Value& item : items.items()) {
      const auto reference = ReadReference(item);
      if (!reference) continue;
      if (!reference->dataset.empty()) {
        SLUICE_TRY(Get(evaluator, reference->dataset, reference->id, found));
        continue;
      }
      for (const Value& dataset : datasets.items()) {
        if (dataset.IsString()) SLUICE_TRY(Get(evaluator, dataset.text(), reference->id, found));
      }
    }
    if (references.IsList()) return found.List();
    return found.size() == 0 ? Value::Null() : found.size() == 1 ? found.items()[0] : found.List();
  }

 private:
  Result<void> Get(Evaluator& evaluator, std::string_view dataset, std::string_view id,
                   ListBuilder& found) const {
    if (!evaluator.lookup()) return {};
    auto entity = evaluator.lookup()->Get(dataset, id, evaluator.arena());
    if (!entity.ok()) return AtPlace(entity.TakeError(), at_);
    if (!*entity) return {};
    Target copy(evaluator.arena());
    for (const Property& property : (*entity)->dict.properties()) {
      copy.Append(property.name, property.value);
    }
    copy.Set("_dataset", Value::String(evaluator.arena().Copy(dataset)));
    found.Add(copy.View());
    return {};
  }

  std::vector<NodePtr> args_;
  std::string source_dataset_;
  std::string at_;
};

}  // namespace

NodePtr MakeLookup(std::vector<NodePtr> args, std::string source_dataset, std::string at) {
  return std::make_unique<LookupNode>(std::move(args), std::move(source_dataset), std::move(at));
}

}  // namespace sluice::dtl
