// Random operations, by seed, on a store and its model alike.

#pragma once

#include <memory>
#include <string>

#include "tests/support/store_comparison.h"

namespace sluice::storage::testing {

class RandomDriver {
 public:
  RandomDriver(Store& store, uint64_t seed) : store_(&store), random_(seed) {}

  const Model& model() const { return model_; }
  // Goes on from an earlier state of the model.
  void Restore(const Model& model) { model_ = model; }
  // Says where the first difference appeared; empty if there was none.
  const std::string& difference() const { return difference_; }
  bool compacted() const { return compacted_; }
  uint64_t Below(uint64_t below) { return random_.Below(below); }

  // One random operation. Where the store's answer is not the model's, that is a difference.
  void Step() {
    compacted_ = false;
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
      if (dataset.index)
        Expect(CreateIndex(dataset).number == *dataset.index,
               name + ": another index after opening");
    }
    NoteRemovable();
  }

 private:
  void Expect(bool as_modelled, const std::string& what) {
    if (!as_modelled && difference_.empty()) difference_ = what;
  }

  std::pair<const std::string, ModelDataset>& Any() {
    auto at = model_.datasets.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(Below(model_.datasets.size())));
    return *at;
  }

  void NoteRemovable() {
    for (auto& [name, dataset] : model_.datasets) dataset.NoteRemovable();
  }

  void CreateDataset() {
    const auto name = "d" + std::to_string(Below(3));
    const auto keep = static_cast<uint32_t>(Below(4));
    const auto info = store_->CreateDataset(name, {.keep_versions = keep});
    Expect(info.ok(), "making a dataset failed");
    if (!info.ok()) return;
    auto& dataset = model_.datasets[name];
    dataset.number = info->number;
    dataset.keep = keep;
    NoteRemovable();
  }

  void DeleteOrTruncate() {
    auto& [name, dataset] = Any();
    if (Below(2) == 0) {
      Expect(store_->DeleteDataset(name).ok(), name + ": deleting failed");
      model_.datasets.erase(name);
      return;
    }
    const auto info = store_->TruncateDataset(name);
    Expect(info.ok(), name + ": truncating failed");
    if (!info.ok()) return;
    ModelDataset fresh;
    fresh.number = info->number;
    fresh.keep = dataset.keep;
    if (dataset.index) {
      fresh.index = store_->ListIndexes(info->number).at(0).number;
      fresh.index_built = true;
    }
    dataset = std::move(fresh);
  }

  void BeginRun() {
    auto& dataset = Any().second;
    const auto run = store_->BeginFullRun(dataset.number);
    Expect(run.ok(), "beginning a full run failed");
    if (run.ok()) dataset.run = ModelRun{.number = *run, .begin = dataset.next, .seen = {}};
  }

  void EndRun() {
    auto& [name, dataset] = Any();
    const uint64_t number = dataset.run ? dataset.run->number : 1;
    if (Below(3) == 0) {
      Expect(store_->AbortFullRun(dataset.number, number).ok(), name + ": aborting failed");
      dataset.run.reset();
      return;
    }
    const auto value = std::to_string(Below(1'000));
    const auto done = store_->FinishFullRun(dataset.number, number,
                                            {.state = {{"offset/" + name, value}}}, Stop());
    Expect(done.ok() == dataset.run.has_value(), name + ": finishing a full run");
    if (!done.ok() || !dataset.run) return;
    dataset.DeleteUnseen();
    dataset.populated = true;
    model_.state["offset/" + name] = value;
    NoteRemovable();
  }

  IndexInfo CreateIndex(const ModelDataset& dataset) {
    return Ok(store_->CreateIndex(dataset.number, {.expression = "_.tags"},
                                  std::make_shared<TagExtractor>()));
  }

  void ChangeIndex() {
    auto& [name, dataset] = Any();
    if (!dataset.index) {
      dataset.index = CreateIndex(dataset).number;
      dataset.index_built = dataset.next == 0;
    } else if (!dataset.index_built) {
      Expect(store_->BuildIndex(*dataset.index, Stop()).ok(), name + ": building an index failed");
      dataset.index_built = true;
    } else if (Below(4) == 0) {
      Expect(store_->DropIndex(*dataset.index).ok(), name + ": dropping an index failed");
      dataset.index.reset();
      dataset.index_built = false;
    }
  }

  void ChangeHold() {
    auto& dataset = Any().second;
    const auto holder = "holder" + std::to_string(Below(2));
    if (Below(2) == 0) {
      store_->SetHold(dataset.number, holder, std::nullopt);
      dataset.holds.erase(holder);
    } else {
      const Offset from = Below(dataset.next + 2);
      store_->SetHold(dataset.number, holder, from);
      dataset.holds[holder] = from;
    }
    NoteRemovable();
  }

  void Compact() {
    Expect(store_->Compact(Stop()).ok(), "compacting failed");
    compacted_ = true;
  }

  void SetPopulated() {
    auto& dataset = Any().second;
    dataset.populated = Below(4) != 0;
    Expect(store_->SetPopulated(dataset.number, dataset.populated).ok(), "populating failed");
    NoteRemovable();
  }

  void WriteState() {
    const auto key = "key" + std::to_string(Below(5));
    Commit commit;
    if (Below(2) == 0) commit.dataset = Any().second.number;
    if (Below(3) == 0) {
      commit.state = {{key, std::nullopt}};
      model_.state.erase(key);
    } else {
      commit.state = {{key, std::to_string(Below(100))}};
      model_.state[key] = *commit.state[0].value;
    }
    Expect(store_->Write(commit).ok(), "writing state failed");
  }

  void Append() {
    auto& [name, dataset] = Any();
    std::vector<TestEntity> entities;
    std::vector<std::set<std::string>> tags;
    const uint64_t count = 1 + Below(8);
    for (uint64_t i = 0; i < count; ++i) AddEntity(dataset, entities, tags);
    std::optional<uint64_t> run;
    if (dataset.run && Below(2) == 0) run = dataset.run->number;
    if (Below(50) == 0) run = 77;  // One that is none.
    const auto appends = Appends(entities);
    Commit commit;
    commit.dataset = dataset.number;
    commit.appends = appends;
    commit.full_run = run;
    const auto value = std::to_string(dataset.next);
    commit.state = {{"written/" + name, value}};
    const auto receipt = store_->Write(commit);
    CommitReceipt expected;
    const bool accepted = dataset.Append(entities, tags, run, expected);
    Expect(receipt.ok() == accepted, name + ": a commit was accepted or refused");
    if (!receipt.ok() || !accepted) return;
    model_.state["written/" + name] = value;
    Expect(receipt->appended == expected.appended && receipt->unchanged == expected.unchanged &&
               receipt->overtaken == expected.overtaken && receipt->deleted == expected.deleted &&
               receipt->next_offset == expected.next_offset,
           name + ": the receipt of a commit");
    NoteRemovable();
  }

  void AddEntity(const ModelDataset& dataset, std::vector<TestEntity>& entities,
                 std::vector<std::set<std::string>>& tags) {
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
    if (Below(15) == 0) entity.offset = dataset.next + entities.size() + Below(100'000);
    if (Below(3) == 0)
      entity.source = SourceOffset{static_cast<DatasetNumber>(1 + Below(2)), Below(20)};
    entities.push_back(std::move(entity));
    tags.push_back(std::move(its_tags));
  }

  Store* store_;
  SeededRandom random_;
  Model model_;
  bool compacted_ = false;
  std::string difference_;
};

}  // namespace sluice::storage::testing
