// Write sets that can be looked at and applied in parts: what tests plant faults and mistakes with.

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/engine.h"

namespace sluice::storage::testing {

class RecordedSet final : public WriteSet {
 public:
  enum class Kind { kPut, kDelete, kDeleteRange, kMergeBitmap };
  struct Change {
    Kind kind;
    Family family;
    std::string key;
    std::string value;  // Of a range: its end.
  };
  using Changes = std::vector<Change>;

  void Put(Family family, std::string_view key, std::string_view value) override {
    changes_.push_back({Kind::kPut, family, std::string(key), std::string(value)});
  }
  void PutParts(Family family, std::string_view key, std::string_view head,
                std::string_view tail) override {
    changes_.push_back(
        {Kind::kPut, family, std::string(key), std::string(head) + std::string(tail)});
  }
  void Delete(Family family, std::string_view key) override {
    changes_.push_back({Kind::kDelete, family, std::string(key), {}});
  }
  void DeleteRange(Family family, std::string_view begin, std::string_view end) override {
    changes_.push_back({Kind::kDeleteRange, family, std::string(begin), std::string(end)});
  }
  void MergeBitmap(std::string_view key, std::string_view operand) override {
    changes_.push_back(
        {Kind::kMergeBitmap, Family::kState, std::string(key), std::string(operand)});
  }
  bool empty() const override { return changes_.empty(); }

  Changes& changes() { return changes_; }

 private:
  Changes changes_;
};

// Applies recorded changes to an engine as one set.
inline Result<void> ApplyChanges(std::span<const RecordedSet::Change> changes, Engine& engine) {
  auto set = engine.NewWriteSet();
  for (const auto& change : changes) {
    switch (change.kind) {
      case RecordedSet::Kind::kPut:
        set->Put(change.family, change.key, change.value);
        break;
      case RecordedSet::Kind::kDelete:
        set->Delete(change.family, change.key);
        break;
      case RecordedSet::Kind::kDeleteRange:
        set->DeleteRange(change.family, change.key, change.value);
        break;
      case RecordedSet::Kind::kMergeBitmap:
        set->MergeBitmap(change.key, change.value);
        break;
    }
  }
  return engine.Apply(std::move(set));
}

}  // namespace sluice::storage::testing
