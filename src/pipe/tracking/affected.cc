#include "pipe/tracking/affected.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "pipe/pipe_state.h"

namespace sluice::pipe {
namespace {

constexpr size_t kPieceIds = 1000;
// What an id costs beside its bytes: the node of a hash table and its bucket.
constexpr size_t kIdOverhead = 64;

void AppendId(std::string& piece, std::string_view id) {
  const auto size = static_cast<uint32_t>(id.size());
  piece.append(reinterpret_cast<const char*>(&size), sizeof size);
  piece += id;
}

}  // namespace

std::string AffectedSet::Key(uint32_t run, uint32_t piece) const {
  return fmt::format("{}{:08x}{:08x}", prefix_, run, piece);
}

Result<void> AffectedSet::Add(std::string_view id) {
  if (!ids_.emplace(id).second) return {};
  ++added_;
  bytes_added_ += id.size();
  bytes_in_memory_ += id.size() + kIdOverhead;
  if (bytes_in_memory_ > bytes_max_) return Spill();
  return {};
}

Result<void> AffectedSet::Spill() {
  std::vector<std::string> sorted;
  sorted.reserve(ids_.size());
  while (!ids_.empty()) sorted.push_back(std::move(ids_.extract(ids_.begin()).value()));
  bytes_in_memory_ = 0;
  std::ranges::sort(sorted);
  if (stored_.count++ == 0) stored_.first = next_run_;
  const uint32_t run = next_run_++;
  uint32_t piece = 0;
  storage::Commit commit;
  for (size_t i = 0; i < sorted.size(); i += kPieceIds) {
    std::string text;
    for (size_t k = i; k < std::min(i + kPieceIds, sorted.size()); ++k) AppendId(text, sorted[k]);
    commit.state.push_back({Key(run, piece++), std::move(text)});
  }
  SLUICE_TRY(store_.Write(commit));
  return {};
}

Result<void> AffectedSet::Seal() {
  if (stored_.count != 0) {
    if (!ids_.empty()) SLUICE_TRY(Spill());
    return Open("");
  }
  Run run;
  run.ids.assign(ids_.begin(), ids_.end());
  ids_.clear();
  std::ranges::sort(run.ids);
  runs_.push_back(std::move(run));
  return {};
}

Result<void> AffectedSet::Resume(StoredRuns stored, std::string_view after) {
  stored_ = stored;
  next_run_ = stored.first + stored.count;
  const std::string begin = Key(stored.first, 0);
  const std::string end = Key(next_run_, 0);
  SLUICE_TRY(RemoveStatePrefix(store_, prefix_,
                               [&](std::string_view key) { return key >= begin && key < end; }));
  return Open(after);
}

Result<void> AffectedSet::Open(std::string_view after) {
  after_ = after;
  runs_.clear();
  for (uint32_t i = 0; i < stored_.count; ++i) {
    runs_.push_back({.ids = {}, .at = 0, .stored = stored_.first + i, .piece = 0});
    SLUICE_TRY(Load(runs_.back()));
  }
  return {};
}

// The next piece of a run that holds an id behind after_; none leaves it empty.
Result<void> AffectedSet::Load(Run& run) const {
  while (run.at == run.ids.size() && run.stored) {
    SLUICE_TRY(const auto text, store_.TakeSnapshot()->GetState(Key(*run.stored, run.piece)));
    if (!text) {
      run.stored.reset();
      return {};
    }
    ++run.piece;
    run.ids.clear();
    run.at = 0;
    for (size_t at = 0; at + sizeof(uint32_t) <= text->size();) {
      uint32_t size = 0;
      std::memcpy(&size, text->data() + at, sizeof size);
      at += sizeof size;
      run.ids.push_back(text->substr(at, size));
      at += size;
    }
    if (!after_.empty()) {
      run.at = static_cast<size_t>(std::ranges::upper_bound(run.ids, after_) - run.ids.begin());
    }
  }
  return {};
}

Result<std::vector<std::string>> AffectedSet::Next(size_t ids_max) {
  std::vector<std::string> ids;
  while (ids.size() < ids_max) {
    Run* least = nullptr;
    for (Run& run : runs_) {
      if (run.at == run.ids.size()) continue;
      if (!least || run.ids[run.at] < least->ids[least->at]) least = &run;
    }
    if (!least) break;
    ids.push_back(least->ids[least->at]);
    after_ = ids.back();
    for (Run& run : runs_) {
      if (run.at < run.ids.size() && run.ids[run.at] == ids.back()) {
        ++run.at;
        SLUICE_TRY(Load(run));
      }
    }
  }
  return ids;
}

void AffectedSet::Clear() {
  ids_.clear();
  runs_.clear();
  after_.clear();
  stored_ = {};
  bytes_in_memory_ = 0;
  added_ = bytes_added_ = 0;
}

Result<void> AffectedSet::RemoveStored() {
  stored_ = {};
  return RemoveStatePrefix(store_, prefix_);
}

}  // namespace sluice::pipe
