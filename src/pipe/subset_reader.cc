#include "pipe/subset_reader.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "pipe/dict_builder.h"
#include "value/relations.h"

namespace sluice::pipe {
namespace {

using storage::Offset;

constexpr size_t kVersionsMax = 10'000;  // Of one entity, looked at for one that has left.
constexpr size_t kFoundMax = 100'000;    // Ids that are gathered from an index; else all is read.
constexpr size_t kPart = 1000;

// Looks at everything that is read.
class FilteringReader final : public storage::LogReader {
 public:
  FilteringReader(SubsetRead read, std::unique_ptr<storage::LogReader> log)
      : read_(std::move(read)), log_(std::move(log)) {}

  Result<void> Next(size_t entities_max, Arena& arena, std::vector<Entity>& out) override {
    const size_t before = out.size();
    while (out.size() == before) {
      entities_.clear();
      scratch_.Clear();
      SLUICE_TRY(log_->Next(entities_max, arena, entities_));
      if (entities_.empty()) return {};
      for (const Entity& entity : entities_) {
        if (read_.subset->Contains(entity, scratch_)) {
          out.push_back(entity);
          continue;
        }
        SLUICE_TRY(const bool has_left, HasLeft(entity));
        if (has_left) out.push_back(Gone(entity, arena));
      }
    }
    return {};
  }

  Offset position() const override { return log_->position(); }

 private:
  Result<bool> HasLeft(const Entity& entity) {
    const auto before = entity.previous.AsInteger();
    if (!before || !read_.options.deleted) return false;
    if (read_.options.history) {
      SLUICE_TRY(const Entity* const version,
                 read_.snapshot->GetBefore(read_.dataset, entity.id(),
                                           static_cast<Offset>(*before) + 1, scratch_));
      return version == nullptr || read_.subset->Contains(*version, scratch_);
    }
    // Whoever begins has been given nothing yet.
    if (read_.options.from == 0) return false;
    SLUICE_TRY(const auto versions,
               read_.snapshot->History(read_.dataset, entity.id(), kVersionsMax, scratch_));
    if (versions.empty() || !versions.back()->previous.IsNull()) return true;
    return std::ranges::any_of(versions, [&](const Entity* version) {
      return read_.subset->Contains(*version, scratch_);
    });
  }

  // Its id and where it stands in the log, but nothing of what is no business of the reader.
  static Entity Gone(const Entity& entity, Arena& arena) {
    Entity gone = entity;
    gone.dict = DictBuilder(arena).SetText("_id", entity.id()).Make();
    gone.deleted = true;
    gone.hash.reset();
    return gone;
  }

  SubsetRead read_;
  std::unique_ptr<storage::LogReader> log_;
  std::vector<Entity> entities_;
  Arena scratch_;
};

// Gives what an index has found, in the order of the log.
class FoundReader final : public storage::LogReader {
 public:
  struct Place {
    Offset offset;
    std::string id;
  };

  FoundReader(SubsetRead read, std::vector<Place> places, Offset end)
      : read_(std::move(read)), places_(std::move(places)), end_(end) {
    std::ranges::sort(places_, {}, &Place::offset);
  }

  Result<void> Next(size_t entities_max, Arena& arena, std::vector<Entity>& out) override {
    std::vector<std::string_view> ids;
    while (ids.size() < entities_max && next_ < places_.size()) ids.push_back(places_[next_++].id);
    SLUICE_TRY(const auto found, read_.snapshot->Get(read_.dataset, ids, arena));
    for (const Entity* const entity : found) {
      if (entity != nullptr) out.push_back(*entity);
    }
    return {};
  }

  Offset position() const override {
    return next_ == places_.size() ? end_ : places_[next_].offset;
  }

 private:
  SubsetRead read_;
  std::vector<Place> places_;
  size_t next_ = 0;
  Offset end_;
};

// The live entities of the subset as the index knows them; nothing where they are too many, or the
// index is not filled yet.
Result<std::optional<std::vector<FoundReader::Place>>> Find(const SubsetRead& read) {
  using Places = std::vector<FoundReader::Place>;
  Arena arena;
  std::set<std::string, std::less<>> ids;
  const Value& value = read.subset->value();
  for (size_t i = 0; i < (value.IsList() ? value.count() : 1); ++i) {
    const Value wanted = value.IsList() ? value.At(i) : value;
    if (wanted.IsNull()) continue;
    std::string key;
    AppendEqualityKey(wanted, key);
    auto visited = read.snapshot->VisitIds(*read.index, key, {}, [&](std::string_view id) {
      ids.emplace(id);
      return ids.size() <= kFoundMax;
    });
    if (!visited.ok() && visited.error().code == Code::kUnavailable) return std::optional<Places>();
    if (!visited.ok()) return visited.TakeError();
    if (ids.size() > kFoundMax) return std::optional<Places>();
  }
  const std::vector<std::string_view> wanted(ids.begin(), ids.end());
  Places places;
  for (size_t begin = 0; begin < wanted.size(); begin += kPart) {
    arena.Clear();
    const auto part = std::span(wanted).subspan(begin, std::min(kPart, wanted.size() - begin));
    SLUICE_TRY(const auto entities, read.snapshot->Get(read.dataset, part, arena));
    for (const Entity* const entity : entities) {
      // Long keys are shortened in an index.
      if (entity == nullptr || !read.subset->Contains(*entity, arena)) continue;
      places.push_back({.offset = static_cast<Offset>(entity->updated.AsInteger().value_or(0)),
                        .id = std::string(entity->id())});
    }
  }
  return std::optional(std::move(places));
}

}  // namespace

Result<std::unique_ptr<storage::LogReader>> ReadSubset(SubsetRead read) {
  const storage::ReadOptions& options = read.options;
  const bool is_view =
      !options.history && !options.deleted && !options.reverse && options.from == 0 && !options.to;
  if (read.index && is_view) {
    SLUICE_TRY(auto places, Find(read));
    if (places) {
      SLUICE_TRY(const auto info, read.snapshot->FindDataset(read.dataset));
      const Offset end = info ? info->next_offset : 0;
      return std::make_unique<FoundReader>(std::move(read), std::move(*places), end);
    }
  }
  SLUICE_TRY(auto log, read.snapshot->ReadLog(read.dataset, options));
  return std::make_unique<FilteringReader>(std::move(read), std::move(log));
}

}  // namespace sluice::pipe
