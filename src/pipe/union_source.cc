#include "pipe/union_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/option_table.h"
#include "pipe/dataset_reader.h"
#include "pipe/source_datasets.h"

namespace sluice::pipe {
namespace {

struct Options {
  std::vector<std::string> datasets;
  std::optional<std::vector<std::string>> initial_datasets;
  bool ignore_non_existent_datasets = true;
  bool include_previous_versions = false;
  bool prefix_ids = true;
};

const config::OptionTable<Options>& Table() {
  using config::Optional;
  using config::Required;
  using O = Options;
  static const config::OptionTable<O> table = {
      Required("datasets", &O::datasets, "The datasets to read, in this order."),
      Optional("initial_datasets", &O::initial_datasets, kInitialDatasetsDoc),
      Optional("ignore_non_existent_datasets", &O::ignore_non_existent_datasets,
               kIgnoreNonExistentDoc),
      Optional("include_previous_versions", &O::include_previous_versions,
               "Gives every version that is kept, not only the latest of each entity."),
      Optional("prefix_ids", &O::prefix_ids,
               "Puts the dataset's id and ':' before the ids of its entities."),
  };
  return table;
}

struct Setup {
  SourceDatasets datasets;
  storage::Store* store;
  bool history;
  bool prefix_ids;
};

// The entity's dict with "DATASET:" before its `_id`.
Value PrefixId(const Value& dict, std::string_view dataset, Arena& arena) {
  Property* const properties = arena.AllocateArray<Property>(dict.count());
  size_t count = 0;
  for (const Property& property : dict.properties()) {
    Property* const copy = new (properties + count++) Property(property);
    if (property.name != "_id" || !property.value.IsString()) continue;
    const std::string_view id = property.value.text();
    char* const text = arena.AllocateArray<char>(dataset.size() + 1 + id.size());
    std::memcpy(text, dataset.data(), dataset.size());
    text[dataset.size()] = ':';
    if (!id.empty()) std::memcpy(text + dataset.size() + 1, id.data(), id.size());
    copy->value = Value::String({text, dataset.size() + 1 + id.size()});
  }
  return Value::Dict({properties, count});
}

uint32_t RankOf(const Setup& setup, std::string_view dataset) {
  const auto& names = setup.datasets.names();
  return static_cast<uint32_t>(std::ranges::find(names, dataset) - names.begin());
}

// Entities of several datasets may share an id, so each is known by "DATASET:ID".
void NoteUnionSources(Batch& batch, std::string_view dataset, uint32_t rank) {
  for (size_t i = batch.origins.size(); i < batch.entities.size(); ++i) {
    const Entity& entity = batch.entities[i];
    batch.origins.push_back(static_cast<uint32_t>(batch.sources.size()));
    const std::string id = fmt::format("{}:{}", dataset, entity.id());
    batch.sources.push_back(
        {.id = batch.arena->Copy(id),
         .rank = rank,
         .offset = static_cast<storage::Offset>(entity.updated.AsInteger().value_or(0)),
         .deleted = entity.deleted,
         .is_first = entity.previous.IsNull()});
  }
}

// Reads the datasets that were there when it was opened; those that come later signal the pipe.
class UnionReader final : public SourceReader {
 public:
  UnionReader(std::shared_ptr<const Setup> setup, const OpenRequest& request)
      : setup_(std::move(setup)),
        kind_(request.kind),
        pinned_(request.snapshot),
        left_(request.limit),
        wants_sources_(request.wants_sources) {}

  Result<void> Begin(const Value& since) {
    const auto snapshot = pinned_ ? pinned_ : setup_->store->TakeSnapshot();
    SLUICE_TRY(opened_, setup_->datasets.Open(*snapshot, since));
    RememberSince();
    return {};
  }

  Result<Batch> Next(size_t entities_max, const Stop& stop) override {
    if (left_) entities_max = std::min(entities_max, *left_);
    if (entities_max == 0) return Batch{};
    while (current_ < opened_.datasets.size()) {
      if (!reader_) SLUICE_TRY(OpenCurrent());
      SLUICE_TRY(Batch batch, reader_->Next(entities_max, stop));
      opened_.positions[current_].next = reader_->position();
      RememberSince();
      if (!batch.entities.empty()) {
        Mark(batch);
        if (left_) *left_ -= batch.entities.size();
        return batch;
      }
      if (!reader_->complete()) opened_.incomplete = true;
      reader_.reset();
      ++current_;
    }
    return Batch{};
  }

  Value since() const override { return since_.empty() ? Value::Null() : Value::String(since_); }

  bool complete() const override {
    return current_ == opened_.datasets.size() && !opened_.incomplete;
  }

 private:
  Result<void> OpenCurrent() {
    const OpenedDataset& dataset = opened_.datasets[current_];
    reader_.emplace(*setup_->store, DatasetRead{.dataset = dataset.name,
                                                .kind = kind_,
                                                .from = opened_.positions[current_].next,
                                                .number = dataset.number,
                                                .history = setup_->history,
                                                .snapshot = pinned_});
    before_ = opened_.positions.TextBefore(current_);
    after_ = opened_.positions.TextAfter(current_);
    return reader_->Begin();
  }

  void RememberSince() {
    since_ = opened_.positions.AtBeginning() ? std::string() : opened_.positions.Text();
  }

  // `_updated` is the since-value behind the entity: what a client that stops at it asks for next.
  void Mark(Batch& batch) {
    Arena& arena = *batch.arena;
    const std::string& dataset = opened_.datasets[current_].name;
    if (wants_sources_) NoteUnionSources(batch, dataset, RankOf(*setup_, dataset));
    for (Entity& entity : batch.entities) {
      if (const auto offset = entity.updated.AsInteger()) {
        entity.updated = Value::String(SinceBehind(static_cast<storage::Offset>(*offset), arena));
      }
      if (!setup_->prefix_ids) continue;
      entity.dict = PrefixId(entity.dict, dataset, arena);
      entity.hash.reset();
    }
  }

  std::string_view SinceBehind(storage::Offset offset, Arena& arena) const {
    char buffer[DatasetPositions::kOffsetTextMax];
    const std::string_view own = DatasetPositions::OffsetText(offset + 1, buffer);
    char* const text = arena.AllocateArray<char>(before_.size() + own.size() + after_.size());
    std::memcpy(text, before_.data(), before_.size());
    std::memcpy(text + before_.size(), own.data(), own.size());
    if (!after_.empty()) {
      std::memcpy(text + before_.size() + own.size(), after_.data(), after_.size());
    }
    return {text, before_.size() + own.size() + after_.size()};
  }

  std::shared_ptr<const Setup> setup_;
  RunKind kind_;
  std::shared_ptr<const storage::Snapshot> pinned_;
  std::optional<size_t> left_;
  bool wants_sources_;
  OpenedDatasets opened_;
  size_t current_ = 0;
  std::optional<DatasetReader> reader_;  // Of the current one.
  std::string before_;                   // See DatasetPositions::TextBefore, of the current one.
  std::string after_;
  std::string since_;
};

class UnionSource final : public Source, public SourceById {
 public:
  explicit UnionSource(Setup setup) : setup_(std::make_shared<const Setup>(std::move(setup))) {}

  Continuation continuation() const override {
    return {.supports_since = true, .is_since_comparable = true, .is_chronological = true};
  }

  Result<std::unique_ptr<SourceReader>> Open(const OpenRequest& request) override {
    auto reader = std::make_unique<UnionReader>(setup_, request);
    SLUICE_TRY(reader->Begin(request.since));
    return std::unique_ptr<SourceReader>(std::move(reader));
  }

  std::vector<std::string> datasets() const override { return setup_->datasets.names(); }
  std::string since_scope() const override { return setup_->datasets.since_scope(); }
  bool KeepsSince(const Value& since, std::string_view stored, std::string_view) const override {
    return setup_->datasets.KeepsSince(since, stored);
  }
  std::optional<storage::Offset> PositionIn(std::string_view dataset,
                                            const Value& since) const override {
    return setup_->datasets.PositionIn(dataset, since);
  }
  Value SinceAtEnd(Arena& arena) const override { return setup_->datasets.SinceAtEnd(arena); }
  bool populated() const override { return setup_->datasets.populated(); }
  bool is_external() const override { return false; }

  SourceById* by_id() override { return this; }
  bool gives_stored() const override { return !setup_->prefix_ids; }
  bool shares_ids() const override { return !setup_->prefix_ids; }
  std::string SourceIdOf(std::string_view dataset, std::string_view id) const override {
    return fmt::format("{}:{}", dataset, id);
  }

  Result<Batch> ReadAgain(std::span<const std::string> ids, std::optional<Value> before,
                          std::shared_ptr<const storage::Snapshot> snapshot, const Stop&) override {
    Batch batch;
    batch.snapshot = snapshot;
    DatasetPositions positions;
    if (before) {
      SLUICE_TRY(positions, DatasetPositions::Parse(*before));
    }
    for (const std::string& name : setup_->datasets.names()) {
      SLUICE_TRY(const auto info, snapshot->FindDataset(name));
      if (!info) continue;
      std::vector<std::string_view> wanted;
      for (const std::string_view id : ids) {
        if (id.size() > name.size() && id.starts_with(name) && id[name.size()] == ':') {
          wanted.push_back(id.substr(name.size() + 1));
        }
      }
      const auto end = before ? positions.NextIn(ShortIncarnation(*info)) : UINT64_MAX;
      SLUICE_TRY(const auto found, snapshot->Get(info->number, wanted, *batch.arena));
      for (const Entity* entity : found) {
        if (entity && static_cast<storage::Offset>(*entity->updated.AsInteger()) < end) {
          batch.entities.push_back(*entity);
        }
      }
      NoteUnionSources(batch, name, RankOf(*setup_, name));
      if (setup_->prefix_ids) {
        for (size_t i = batch.entities.size(); i > 0; --i) {
          Entity& entity = batch.entities[i - 1];
          if (batch.sources[i - 1].rank != RankOf(*setup_, name)) break;
          entity.dict = PrefixId(entity.dict, name, *batch.arena);
          entity.hash.reset();
        }
      }
    }
    return batch;
  }

 private:
  std::shared_ptr<const Setup> setup_;
};

Result<std::unique_ptr<Source>> MakeUnionSource(const config::ConfigView& config,
                                                const MakeContext& context) {
  SLUICE_TRY(auto options, Table().Read(config));
  SourceDatasets datasets("union",
                          {.datasets = std::move(options.datasets),
                           .initial_datasets = std::move(options.initial_datasets),
                           .ignore_non_existent_datasets = options.ignore_non_existent_datasets},
                          context);
  return std::make_unique<UnionSource>(Setup{.datasets = std::move(datasets),
                                             .store = context.store,
                                             .history = options.include_previous_versions,
                                             .prefix_ids = options.prefix_ids});
}

}  // namespace

void AddUnionSource(Registry& registry) {
  registry.AddSource({.type = "union_datasets",
                      .doc = "Reads several datasets, one after the other.",
                      .options = Table().Describe(),
                      .make = MakeUnionSource});
}

}  // namespace sluice::pipe
