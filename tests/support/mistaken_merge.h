// Merge sources with mistakes, to prove that model tests would notice them.

#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipe/component.h"
#include "pipe/registry.h"

namespace sluice::pipe::testing {

enum class MergeMistake {
  kNone,
  kForgetsAMember,  // What is left of a group that was split is not looked at.
  kNotReplaced,     // Ids that nothing has any more stay.
  kHalfItsInputs,   // Groups are made from what was there before.
  kNotInTheCommit,  // Which groups were given is not stored.
};

// A reader with a mistake.
class MistakenReader final : public SourceReader {
 public:
  MistakenReader(std::unique_ptr<SourceReader> reader, MergeMistake mistake, Value since)
      : reader_(std::move(reader)), mistake_(mistake) {
    if (!since.IsNull()) since_ = since.text();
  }

  Result<Batch> Next(size_t entities_max, const Stop& stop) override {
    while (true) {
      SLUICE_TRY(Batch batch, reader_->Next(entities_max, stop));
      if (batch.entities.empty()) return batch;
      Spoil(batch);
      if (!batch.entities.empty()) return batch;
    }
  }
  Value since() const override { return since_.empty() ? reader_->since() : Value::String(since_); }
  bool complete() const override { return reader_->complete(); }
  bool reads_its_state() const override { return reader_->reads_its_state(); }
  std::vector<storage::StateChange> TakeState() override {
    auto changes = reader_->TakeState();
    if (mistake_ == MergeMistake::kNotInTheCommit) {
      std::erase_if(changes, [](const auto& c) { return !c.key.ends_with("/head"); });
    }
    return changes;
  }

 private:
  static bool IsReplaced(const Entity& entity) { return entity.dict.Has("$replaced"); }

  void Spoil(Batch& batch) {
    if (mistake_ == MergeMistake::kNotReplaced) {
      std::erase_if(batch.entities, IsReplaced);
    } else if (mistake_ == MergeMistake::kForgetsAMember) {
      // The group at hand follows the deletions; behind it comes what is left.
      const auto last = std::find_if(batch.entities.rbegin(), batch.entities.rend(), IsReplaced);
      const auto behind = static_cast<size_t>(last - batch.entities.rbegin());
      if (last != batch.entities.rend() && behind > 1) batch.entities.pop_back();
    }
  }

  std::unique_ptr<SourceReader> reader_;
  const MergeMistake mistake_;
  std::string since_;
};

class MistakenSource final : public Source {
 public:
  MistakenSource(std::unique_ptr<Source> source, MergeMistake mistake, storage::Store& store)
      : source_(std::move(source)), mistake_(mistake), store_(store) {}

  Continuation continuation() const override { return source_->continuation(); }
  Result<std::unique_ptr<SourceReader>> Open(const OpenRequest& request) override {
    OpenRequest changed = request;
    Value since;
    Arena arena;
    if (mistake_ == MergeMistake::kHalfItsInputs && old_ && request.kind == RunKind::kIncremental) {
      changed.snapshot = old_;
      since = source_->SinceAtEnd(arena);
    }
    old_ = store_.TakeSnapshot();
    SLUICE_TRY(auto reader, source_->Open(changed));
    return std::make_unique<MistakenReader>(std::move(reader), mistake_, since);
  }
  std::vector<std::string> datasets() const override { return source_->datasets(); }
  std::string since_scope() const override { return source_->since_scope(); }
  bool KeepsSince(const Value& since, std::string_view stored,
                  std::string_view now) const override {
    return source_->KeepsSince(since, stored, now);
  }
  Value SinceAtEnd(Arena& arena) const override { return source_->SinceAtEnd(arena); }
  std::optional<storage::Offset> PositionIn(std::string_view dataset,
                                            const Value& since) const override {
    return source_->PositionIn(dataset, since);
  }
  SourceById* by_id() override { return source_->by_id(); }
  bool populated() const override { return source_->populated(); }
  bool is_external() const override { return false; }
  std::vector<std::shared_ptr<const dtl::IndexedKey>> indexes() const override {
    return source_->indexes();
  }
  Result<void> Prepare(const Stop& stop) override { return source_->Prepare(stop); }

 private:
  std::unique_ptr<Source> source_;
  const MergeMistake mistake_;
  storage::Store& store_;
  std::shared_ptr<const storage::Snapshot> old_;
};

// All merge sources that this registry makes.
inline void PlantMergeMistake(Registry& registry, MergeMistake mistake) {
  if (mistake == MergeMistake::kNone) return;
  // The registry is the test's own, so it may be changed.
  auto& type = const_cast<SourceType&>(*registry.FindSource("merge"));
  type.make = [make = type.make, mistake](
                  const config::ConfigView& config,
                  const MakeContext& context) -> Result<std::unique_ptr<Source>> {
    SLUICE_TRY(auto source, make(config, context));
    return std::make_unique<MistakenSource>(std::move(source), mistake, *context.store);
  };
}

}  // namespace sluice::pipe::testing
