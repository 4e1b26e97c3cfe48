// Slots: a commit's appends grouped by id, in the order of the latest family's keys.

#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "storage/engine.h"
#include "storage/format.h"
#include "storage/id_filter.h"
#include "storage/store.h"

namespace sluice::storage {

// One id of a commit: its latest version before, and as the commit leaves it.
struct Slot {
  std::string_view key;          // Of the latest family.
  std::optional<Latest> before;  // Views of `before` and `now` are valid as long as the slots.
  std::optional<Latest> now;
  uint32_t last_append = 0;  // The append that made `now`, if `appended`.
  bool appended = false;
  bool touched = false;  // Only what is known of the source changed.
};

class Slots {
 public:
  // Groups the appends and reads what the latest view has; nothing is read where the dataset is
  // known to be empty, nor for ids that `filter`, if given, does not know. kBadData if two
  // different ids over 128 bytes share a key. The appends must outlive this.
  static Result<Slots> Make(const ReadView& view, DatasetNumber dataset,
                            std::span<const Append> appends, bool dataset_empty,
                            IdFilter* filter = nullptr);

  Slot& of_append(size_t append) { return slots_[slot_of_append_[append]]; }
  // Asks for the memory of a later append's slot: those of a large commit are nowhere near. Always
  // inline, since the compiler takes a call for one without an effect away.
  [[gnu::always_inline]] void Prefetch(size_t append) const {
    if (append >= slot_of_append_.size()) return;
    const auto* const slot = reinterpret_cast<const char*>(&slots_[slot_of_append_[append]]);
    static_assert(sizeof(Slot) <= 4 * 64);
    __builtin_prefetch(slot, 1);
    __builtin_prefetch(slot + 64, 1);
    __builtin_prefetch(slot + 128, 1);
    __builtin_prefetch(slot + sizeof(Slot) - 1, 1);
  }
  // In the order of their keys.
  std::span<Slot> all() { return slots_; }
  // Whether any id was there before.
  bool any_before() const { return any_before_; }
  // How many ids were.
  size_t count_before() const { return count_before_; }

 private:
  Result<void> Group(DatasetNumber dataset, std::span<const Append> appends);
  // Of the slots at these places only.
  Result<void> ReadBefore(const ReadView& view, std::span<const Append> appends,
                          std::span<const size_t> places);

  std::string keys_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> slot_of_append_;
  bool any_before_ = false;
  size_t count_before_ = 0;
  std::deque<std::string> long_ids_;  // Its strings stay where they are.
};

}  // namespace sluice::storage
