// Random operations, by seed, on a store and its model alike.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "tests/support/store_comparison.h"

namespace sluice::storage::testing {

class RandomDriver {
 public:
  // What an operation does to the model, once it has been done to the store.
  using Effect = std::function<void(Store&, Model&)>;

  RandomDriver(Store& store, uint64_t seed) : store_(&store), random_(seed) {}

  const Model& model() const { return model_; }
  // Goes on from an earlier state of the model.
  void Restore(const Model& model) { model_ = model; }
  // Says where the first difference appeared; empty if there was none.
  const std::string& difference() const { return difference_; }
  bool compacted() const { return compacted_; }
  uint64_t Below(uint64_t below) { return random_.Below(below); }

  // The disk may fail: an operation that fails with kIo or kUnavailable is in doubt, no difference.
  void AllowFailures() { failures_allowed_ = true; }
  // It may flip bits too: kCorrupt is no difference either.
  void AllowCorruption() { corruption_allowed_ = true; }
  // The last operation failed. Its effect, for when the store turns out to have done it.
  bool failed() const { return failed_; }
  const Effect& in_doubt() const { return in_doubt_; }

  // A planted mistake: the store is never told of holds.
  void IgnoreHolds() { holds_ignored_ = true; }

  // One random operation. Where the store's answer is not the model's, that is a difference.
  void Step() {
    compacted_ = failed_ = false;
    if (model_.datasets.empty()) return CreateDataset();
    switch (Below(40)) {
      case 0:
        return CreateDataset();
      case 1:
        return DeleteOrTruncate();
      case 2:
      case 3:
        return BeginRun();
      case 4:
      case 5:
        return EndRun();
      case 6:
        return ChangeIndex();
      case 7:
      case 8:
        return ChangeHold();
      case 9:
        return Compact();
      case 10:
        return SetPopulated();
      case 11:
      case 12:
        return WriteState();
      default:
        return Append();
    }
  }

  // The store was closed and opened again: holds and extractors are gone.
  void Reopened(Store& store) {
    store_ = &store;
    for (auto& [name, dataset] : model_.datasets) {
      dataset.holds.clear();
      if (!dataset.index) continue;
      const auto index = CreateIndex(dataset.number);
      Expect(index.ok() && index->number == *dataset.index, name + ": another index after opening");
    }
    NoteRemovable(model_);
  }

 private:
  void Expect(bool as_modelled, const std::string& what) {
    if (!as_modelled && difference_.empty()) difference_ = what;
  }

  // Takes the effect over into the model if the store has done the operation.
  template <class T>
  void Settle(const Result<T>& result, bool accepted, const std::string& what, Effect effect) {
    const bool broken =
        !result.ok() &&
        (result.error().code == Code::kIo || result.error().code == Code::kUnavailable ||
         (corruption_allowed_ && result.error().code == Code::kCorrupt));
    if (failures_allowed_ && broken) {
      failed_ = true;
      in_doubt_ = accepted ? std::move(effect) : Effect();
      return;
    }
    Expect(result.ok() == accepted,
           what + (result.ok() ? " was accepted" : " failed: " + result.error().ToText()));
    if (result.ok() && accepted) effect(*store_, model_);
  }

  std::pair<const std::string, ModelDataset>& Any() {
    auto at = model_.datasets.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(Below(model_.datasets.size())));
    return *at;
  }

  static void NoteRemovable(Model& model) {
    for (auto& [name, dataset] : model.datasets) dataset.NoteRemovable();
  }

  void CreateDataset() {
    const auto name = "d" + std::to_string(Below(3));
    const auto keep = static_cast<uint32_t>(Below(4));
    Settle(store_->CreateDataset(name, {.keep_versions = keep}), true, "making " + name,
           [name, keep](Store& store, Model& model) {
             const auto info = store.FindDataset(name);
             if (!info) return;
             auto& dataset = model.datasets[name];
             dataset.number = info->number;
             dataset.keep = keep;
             NoteRemovable(model);
           });
  }

  void DeleteOrTruncate() {
    const auto name = Any().first;
    if (Below(2) == 0) {
      return Settle(store_->DeleteDataset(name), true, "deleting " + name,
                    [name](Store&, Model& model) { model.datasets.erase(name); });
    }
    Settle(store_->TruncateDataset(name), true, "truncating " + name,
           [name](Store& store, Model& model) {
             auto& dataset = model.datasets.at(name);
             ModelDataset fresh;
             fresh.keep = dataset.keep;
             const auto info = store.FindDataset(name);
             if (info) fresh.number = info->number;
             const auto indexes = store.ListIndexes(fresh.number);
             if (dataset.index && !indexes.empty()) {
               fresh.index = indexes[0].number;
               fresh.index_built = true;
             }
             dataset = std::move(fresh);
           });
  }

  void BeginRun() {
    const auto& [name, dataset] = Any();
    Settle(store_->BeginFullRun(dataset.number), true, name + ": beginning a full run",
           [key = name](Store& store, Model& model) {
             auto& its = model.datasets.at(key);
             const auto number = store.CurrentFullRun(its.number);
             // Also where it was in doubt, and is the run that was there before.
             if (!number || (its.run && its.run->number == *number)) return;
             its.run = ModelRun{.number = *number, .begin = its.next, .seen = {}, .notes = {}};
           });
  }

  void EndRun() {
    const auto& [name, dataset] = Any();
    const uint64_t number = dataset.run ? dataset.run->number : 1;
    if (Below(3) == 0) {
      return Settle(store_->AbortFullRun(dataset.number, number), true, name + ": aborting",
                    [key = name](Store&, Model& model) { model.datasets.at(key).run.reset(); });
    }
    const auto value = std::to_string(Below(1'000));
    Settle(store_->FinishFullRun(dataset.number, number, {.state = {{"offset/" + name, value}}},
                                 Stop()),
           dataset.run.has_value(), name + ": finishing a full run",
           [key = name, value](Store&, Model& model) {
             auto& its = model.datasets.at(key);
             its.DeleteUnseen();
             its.populated = true;
             model.state["offset/" + key] = value;
             NoteRemovable(model);
           });
  }

  Result<IndexInfo> CreateIndex(DatasetNumber dataset) {
    return store_->CreateIndex(dataset, {.expression = "_.tags"}, std::make_shared<TagExtractor>());
  }

  void ChangeIndex() {
    const auto& [name, dataset] = Any();
    if (!dataset.index) {
      Settle(CreateIndex(dataset.number), true, name + ": making an index",
             [key = name](Store& store, Model& model) {
               auto& its = model.datasets.at(key);
               const auto indexes = store.ListIndexes(its.number);
               if (!indexes.empty()) its.index = indexes[0].number;
               its.index_built = its.next == 0;
             });
    } else if (!dataset.index_built) {
      Settle(store_->BuildIndex(*dataset.index, Stop()), true, name + ": building an index",
             [key = name](Store&, Model& model) { model.datasets.at(key).index_built = true; });
    } else if (Below(4) == 0) {
      Settle(store_->DropIndex(*dataset.index), true, name + ": dropping an index",
             [key = name](Store&, Model& model) {
               model.datasets.at(key).index.reset();
               model.datasets.at(key).index_built = false;
             });
    }
  }

  void ChangeHold() {
    auto& dataset = Any().second;
    const auto holder = "holder" + std::to_string(Below(2));
    std::optional<Offset> from;
    if (Below(2) != 0) from = Below(dataset.next + 2);
    if (!holds_ignored_) store_->SetHold(dataset.number, holder, from);
    dataset.holds.erase(holder);
    if (from) dataset.holds[holder] = *from;
    NoteRemovable(model_);
  }

  void Compact() {
    Settle(store_->Compact(Stop()), true, "compacting", [](Store&, Model&) {});
    compacted_ = !failed_;
  }

  void SetPopulated() {
    const auto& [name, dataset] = Any();
    const bool populated = Below(4) != 0;
    Settle(store_->SetPopulated(dataset.number, populated), true, name + ": populating",
           [key = name, populated](Store&, Model& model) {
             model.datasets.at(key).populated = populated;
             NoteRemovable(model);
           });
  }

  void WriteState() {
    const auto key = "key" + std::to_string(Below(5));
    Commit commit;
    if (Below(2) == 0) commit.dataset = Any().second.number;
    std::optional<std::string> value;
    if (Below(3) != 0) value = std::to_string(Below(100));
    commit.state = {{key, value}};
    Settle(store_->Write(commit), true, "writing state", [key, value](Store&, Model& model) {
      model.state.erase(key);
      if (value) model.state[key] = *value;
    });
  }

  void Append() {
    const auto& [name, dataset] = Any();
    auto content = std::make_shared<Content>();
    const uint64_t count = 1 + Below(8);
    for (uint64_t i = 0; i < count; ++i) AddEntity(dataset, *content);
    if (dataset.run && Below(2) == 0) content->run = dataset.run->number;
    if (Below(50) == 0) content->run = 77;  // One that is none.
    const auto appends = Appends(content->entities);
    Commit commit;
    commit.dataset = dataset.number;
    commit.appends = appends;
    commit.full_run = content->run;
    // Another one each time: what a commit changed beyond that (what a full run has seen, where ids
    // came from) is not read back, so nothing else would tell after a crash whether it is there.
    const auto value = std::to_string(++appends_);
    commit.state = {{"written/" + name, value}};
    const auto receipt = store_->Write(commit);
    CommitReceipt expected;
    auto trial = dataset;
    const bool accepted = trial.Append(content->entities, content->tags, content->run, expected);
    if (receipt.ok() && accepted) {
      Expect(
          receipt->appended == expected.appended && receipt->unchanged == expected.unchanged &&
              receipt->overtaken == expected.overtaken && receipt->deleted == expected.deleted &&
              receipt->next_offset == expected.next_offset,
          fmt::format("{}: the receipt of a commit: appended {}, unchanged {}, overtaken {}, "
                      "deleted {}, next {}; expected {}, {}, {}, {}, {}",
                      name, receipt->appended, receipt->unchanged, receipt->overtaken,
                      receipt->deleted, receipt->next_offset, expected.appended, expected.unchanged,
                      expected.overtaken, expected.deleted, expected.next_offset));
    }
    Settle(receipt, accepted, name + ": a commit",
           [key = name, value, content](Store&, Model& model) {
             CommitReceipt ignored;
             model.datasets.at(key).Append(content->entities, content->tags, content->run, ignored);
             model.state["written/" + key] = value;
             NoteRemovable(model);
           });
  }

  struct Content {
    std::vector<TestEntity> entities;
    std::vector<std::set<std::string>> tags;
    std::optional<uint64_t> run;
  };

  void AddEntity(const ModelDataset& dataset, Content& content) {
    auto id = "id" + std::to_string(Below(12));
    if (Below(6) == 0) id = std::string(150, 'l') + id;
    std::set<std::string> its_tags;
    for (const auto* tag : {"red", "green", "blue"}) {
      if (Below(3) == 0) its_tags.insert(tag);
    }
    const bool deleted = Below(5) == 0;
    if (deleted) its_tags.clear();
    auto entity = Make(id, deleted ? 0 : static_cast<int64_t>(Below(3)),
                       {its_tags.begin(), its_tags.end()}, deleted);
    entity.force = Below(20) == 0;
    entity.only_if_live = deleted && Below(2) == 0;
    if (Below(15) == 0) entity.offset = dataset.next + content.entities.size() + Below(100'000);
    if (Below(3) == 0)
      entity.source = SourceOffset{static_cast<DatasetNumber>(1 + Below(2)), Below(20)};
    content.entities.push_back(std::move(entity));
    content.tags.push_back(std::move(its_tags));
  }

  Store* store_;
  SeededRandom random_;
  Model model_;
  uint64_t appends_ = 0;
  bool compacted_ = false;
  bool failures_allowed_ = false;
  bool corruption_allowed_ = false;
  bool failed_ = false;
  bool holds_ignored_ = false;
  Effect in_doubt_;
  std::string difference_;
};

}  // namespace sluice::storage::testing
