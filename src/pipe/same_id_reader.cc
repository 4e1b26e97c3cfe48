#include "pipe/same_id_reader.h"

#include <algorithm>

#include "pipe/dict_builder.h"

namespace sluice::pipe {
namespace {

// Which of two versions is the newer one: by time stamp, then by the place in the list.
bool IsNewer(const Entity& a, size_t a_place, const Entity& b, size_t b_place) {
  const int64_t a_ts = a.ts_us.value_or(0), b_ts = b.ts_us.value_or(0);
  return a_ts != b_ts ? a_ts > b_ts : a_place > b_place;
}

storage::Offset OffsetOf(const Entity& entity) {
  return static_cast<storage::Offset>(entity.updated.AsInteger().value_or(0));
}

class SameIdSource final : public Source {
 public:
  explicit SameIdSource(SameIdSetup setup)
      : setup_(std::make_shared<const SameIdSetup>(std::move(setup))) {}

  Continuation continuation() const override {
    return {.supports_since = true, .is_since_comparable = true, .is_chronological = true};
  }

  Result<std::unique_ptr<SourceReader>> Open(const OpenRequest& request) override {
    auto reader = std::make_unique<SameIdReader>(setup_, request);
    SLUICE_TRY(reader->Begin(request.since));
    return std::unique_ptr<SourceReader>(std::move(reader));
  }

  std::vector<std::string> datasets() const override { return setup_->datasets.names(); }
  std::string since_scope() const override {
    return setup_->datasets.since_scope() + " " + setup_->rule->shape();
  }
  bool KeepsSince(const Value& since, std::string_view stored, std::string_view) const override {
    return stored.ends_with(" " + setup_->rule->shape()) &&
           setup_->datasets.KeepsSince(since, stored);
  }
  std::optional<storage::Offset> PositionIn(std::string_view dataset,
                                            const Value& since) const override {
    return setup_->datasets.PositionIn(dataset, since);
  }
  Value SinceAtEnd(Arena& arena) const override { return setup_->datasets.SinceAtEnd(arena); }
  bool populated() const override { return setup_->datasets.populated(); }
  bool is_external() const override { return false; }

 private:
  std::shared_ptr<const SameIdSetup> setup_;
};

}  // namespace

SameIdReader::SameIdReader(std::shared_ptr<const SameIdSetup> setup, const OpenRequest& request)
    : setup_(std::move(setup)),
      kind_(request.kind),
      snapshot_(request.snapshot ? request.snapshot : setup_->store->TakeSnapshot()),
      left_(request.limit),
      shows_since_(!request.stores) {}

Result<void> SameIdReader::Begin(const Value& since) {
  SLUICE_TRY(opened_, setup_->datasets.Open(*snapshot_, since));
  for (size_t i = 0; i < opened_.datasets.size(); ++i) {
    const OpenedDataset& dataset = opened_.datasets[i];
    const storage::Offset from = opened_.positions[i].next;
    auto log =
        std::make_unique<Log>(Log{.reader = DatasetReader(*setup_->store, {.dataset = dataset.name,
                                                                           .kind = kind_,
                                                                           .from = from,
                                                                           .number = dataset.number,
                                                                           .snapshot = snapshot_}),
                                  .batch = {},
                                  .from = from});
    SLUICE_TRY(log->reader.Begin());
    logs_.push_back(std::move(log));
  }
  since_ = SinceText();
  return {};
}

std::string SameIdReader::SinceText() const {
  return opened_.positions.AtBeginning() ? std::string() : opened_.positions.Text();
}

// Whether there is a next entity.
Result<bool> SameIdReader::Fill(Log& log, const Stop& stop) {
  if (log.next < log.batch.entities.size()) return true;
  if (log.ended) return false;
  SLUICE_TRY(log.batch, log.reader.Next(limits::kBatchEntities, stop));
  log.next = 0;
  log.ended = log.batch.entities.empty();
  return !log.ended;
}

// The next changes of all datasets, oldest first.
Result<std::vector<SameIdReader::Change>> SameIdReader::TakeChanges(size_t changes_max,
                                                                    Batch& batch,
                                                                    const Stop& stop) {
  std::vector<Change> changes;
  while (changes.size() < changes_max) {
    std::optional<size_t> oldest;
    for (size_t i = 0; i < logs_.size(); ++i) {
      SLUICE_TRY(const bool any, Fill(*logs_[i], stop));
      if (!any) continue;
      const auto next = [&](size_t at) -> const Entity& {
        return logs_[at]->batch.entities[logs_[at]->next];
      };
      if (!oldest || IsNewer(next(*oldest), *oldest, next(i), i)) oldest = i;
    }
    if (!oldest) break;
    Log& log = *logs_[*oldest];
    if (batch.keep.empty() || std::ranges::find(batch.keep, log.batch.arena) == batch.keep.end()) {
      batch.keep.push_back(log.batch.arena);
    }
    const Entity& entity = log.batch.entities[log.next++];
    changes.push_back({.dataset = *oldest, .entity = entity});
    opened_.positions[*oldest].next = OffsetOf(entity) + 1;
  }
  for (size_t i = 0; i < logs_.size(); ++i) {
    if (logs_[i]->ended) opened_.positions[i].next = logs_[i]->reader.position();
  }
  return changes;
}

// Of the versions that this run comes across, the newest one speaks for all.
bool SameIdReader::IsItsTurn(const Change& change, SameId versions, size_t newest) const {
  if (setup_->rule->newest_only()) return newest == change.dataset;
  for (size_t i = 0; i < versions.size(); ++i) {
    if (i == change.dataset || !versions[i] || OffsetOf(*versions[i]) < logs_[i]->from) continue;
    if (IsNewer(*versions[i], i, change.entity, change.dataset)) return false;
  }
  return true;
}

Result<void> SameIdReader::Bring(std::span<const Change> changes, Batch& batch) {
  Arena& arena = *batch.arena;
  std::vector<std::string_view> ids;
  for (const Change& change : changes) ids.push_back(change.entity.id());
  std::vector<std::vector<const Entity*>> found;
  for (const OpenedDataset& dataset : opened_.datasets) {
    SLUICE_TRY(found.emplace_back(), snapshot_->Get(dataset.number, ids, arena));
  }
  std::vector<const Entity*> versions(found.size());
  for (size_t i = 0; i < changes.size(); ++i) {
    size_t newest = changes[i].dataset;
    for (size_t d = 0; d < found.size(); ++d) {
      versions[d] = found[d][i];
      if (!versions[newest]) newest = d;
      if (versions[d] && IsNewer(*versions[d], d, *versions[newest], newest)) newest = d;
    }
    if (!IsItsTurn(changes[i], versions, newest)) continue;
    // By places in the configured list, so that a dataset that is not there yet has one too.
    std::vector<const Entity*> all(setup_->datasets.names().size());
    size_t newest_of_all = 0;
    for (size_t d = 0; d < versions.size(); ++d) {
      const auto place = std::ranges::find(setup_->datasets.names(), opened_.datasets[d].name);
      const auto at = static_cast<size_t>(place - setup_->datasets.names().begin());
      all[at] = versions[d];
      if (d == newest) newest_of_all = at;
    }
    batch.entities.push_back(setup_->rule->Make(ids[i], all, newest_of_all, arena));
  }
  return {};
}

Result<Batch> SameIdReader::Next(size_t entities_max, const Stop& stop) {
  if (left_) entities_max = std::min(entities_max, *left_);
  Batch batch;
  batch.snapshot = snapshot_;
  while (entities_max != 0 && batch.entities.empty()) {
    batch.keep.clear();
    SLUICE_TRY(const auto changes, TakeChanges(entities_max, batch, stop));
    if (changes.empty()) {
      ended_ = true;
      break;
    }
    SLUICE_TRY(Bring(changes, batch));
  }
  since_ = SinceText();
  if (left_) *left_ -= batch.entities.size();
  if (!shows_since_ || batch.entities.empty()) return batch;
  // Whoever stops within a batch reads all of it again; its last entity leads behind it.
  batch.entities.back().updated = Value::String(batch.arena->Copy(since_));
  return batch;
}

std::unique_ptr<Source> MakeSameIdSource(SameIdSetup setup) {
  return std::make_unique<SameIdSource>(std::move(setup));
}

Value EntityByDataset(std::string_view id, const std::vector<std::string>& names, SameId versions,
                      Arena& arena) {
  DictBuilder builder(arena);
  builder.SetText("_id", id);
  bool any = false;
  for (size_t i = 0; i < versions.size(); ++i) {
    if (!versions[i] || versions[i]->deleted) continue;
    builder.Set(names[i], versions[i]->dict);
    any = true;
  }
  if (!any) builder.Set("_deleted", Value::Boolean(true));
  return builder.Make();
}

}  // namespace sluice::pipe
