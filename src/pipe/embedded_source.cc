// The entities of an embedded source stand in the configuration; those of an empty one nowhere.

#include "pipe/embedded_source.h"

#include <unordered_map>

#include "config/option_table.h"
#include "value/json.h"

namespace sluice::pipe {
namespace {

struct Embedded {
  Arena arena;
  std::vector<Entity> entities;
};

class EmbeddedReader final : public SourceReader {
 public:
  EmbeddedReader(std::shared_ptr<const Embedded> embedded, std::optional<size_t> limit)
      : embedded_(std::move(embedded)),
        end_(std::min(limit.value_or(embedded_->entities.size()), embedded_->entities.size())) {}

  Result<Batch> Next(size_t entities_max, const Stop&) override {
    Batch batch;
    batch.keep.push_back(embedded_);
    const size_t count = std::min(entities_max, end_ - next_);
    const auto first = embedded_->entities.begin() + static_cast<ptrdiff_t>(next_);
    batch.entities.assign(first, first + static_cast<ptrdiff_t>(count));
    next_ += count;
    return batch;
  }
  Value since() const override { return Value::Null(); }
  bool complete() const override { return next_ == end_ && end_ == embedded_->entities.size(); }

 private:
  std::shared_ptr<const Embedded> embedded_;
  size_t end_;
  size_t next_ = 0;
};

class EmbeddedSource final : public Source {
 public:
  explicit EmbeddedSource(std::shared_ptr<const Embedded> embedded)
      : embedded_(std::move(embedded)) {}

  Continuation continuation() const override { return {}; }
  bool is_external() const override { return false; }
  Result<std::unique_ptr<SourceReader>> Open(const OpenRequest& request) override {
    return std::make_unique<EmbeddedReader>(embedded_, request.limit);
  }

 private:
  std::shared_ptr<const Embedded> embedded_;
};

struct EmbeddedOptions {
  config::ConfigView entities;
  std::optional<std::string> system;
};

const config::OptionTable<EmbeddedOptions>& EmbeddedTable() {
  using O = EmbeddedOptions;
  static const config::OptionTable<O> table = {
      config::Required("entities", &O::entities, "A list of entities, in transit encoding."),
      config::Optional("system", &O::system, "Shown in the graph; not used."),
  };
  return table;
}

// Of two entities with one id the last wins.
Result<std::shared_ptr<const Embedded>> ReadEntities(const config::ConfigView& list) {
  if (!list.value().IsList()) return list.Fail("expected a list, found {}", list.Describe());
  auto embedded = std::make_shared<Embedded>();
  std::unordered_map<std::string_view, size_t> places;
  size_t index = 0;
  for (const Value& item : list.value().items()) {
    const config::ConfigView place = list[index++];
    if (!item.IsDict()) return place.Fail("expected an entity, found {}", place.Describe());
    Entity entity;
    entity.dict = DecodeTransitDeep(item, embedded->arena);
    entity.updated = entity.dict.Find("_updated");
    entity.deleted = entity.dict.Find("_deleted").AsBoolean().value_or(false);
    const std::string_view id = entity.id();
    if (id.empty()) {
      embedded->entities.push_back(entity);
      continue;
    }
    const auto [found, is_new] = places.try_emplace(id, embedded->entities.size());
    if (is_new) {
      embedded->entities.push_back(entity);
    } else {
      embedded->entities[found->second] = entity;
    }
  }
  return std::shared_ptr<const Embedded>(std::move(embedded));
}

Result<std::unique_ptr<Source>> MakeEmbeddedSource(const config::ConfigView& config,
                                                   const MakeContext&) {
  SLUICE_TRY(auto options, EmbeddedTable().Read(config));
  SLUICE_TRY(auto embedded, ReadEntities(options.entities));
  return std::make_unique<EmbeddedSource>(std::move(embedded));
}

}  // namespace

void AddEmbeddedSource(Registry& registry) {
  registry.AddSource({.type = "embedded",
                      .doc = "Gives the entities that stand in its configuration.",
                      .options = EmbeddedTable().Describe(),
                      .make = MakeEmbeddedSource});
}

void AddEmptySource(Registry& registry) {
  registry.AddSource({.type = "empty",
                      .doc = "Gives nothing.",
                      .make = [](const config::ConfigView&,
                                 const MakeContext&) -> Result<std::unique_ptr<Source>> {
                        return std::make_unique<EmbeddedSource>(std::make_shared<Embedded>());
                      }});
}

}  // namespace sluice::pipe
