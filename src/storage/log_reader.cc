// The readers of a snapshot: along the log, and in the order of ids.

#include <algorithm>

#include "base/limits.h"
#include "storage/keys.h"
#include "storage/reading.h"

namespace sluice::storage {
namespace {

// Further than this, seeking is cheaper than stepping over superseded versions.
constexpr Offset kStepsMax = 16;
// How many entities of a batch get their room at once.
constexpr size_t kReservedMax = 1000;

class SnapshotLogReader final : public LogReader {
 public:
  SnapshotLogReader(std::shared_ptr<const EngineSnapshot> snapshot, DatasetNumber dataset,
                    const ReadOptions& options, Offset next_offset)
      : snapshot_(std::move(snapshot)),
        dataset_(dataset),
        options_(options),
        to_(std::min(options.to.value_or(next_offset), next_offset)),
        end_(options.reverse ? options.from : std::max(options.from, to_)),
        position_(options.reverse ? std::max(to_, options.from) : options.from),
        latest_(*snapshot_, dataset, options.deleted, options.from, to_,
                options.reverse ? LatestOffsets::Direction::kReverse
                                : LatestOffsets::Direction::kForward),
        done_(options.from >= to_) {
    if (done_) position_ = end_;
  }

  Result<void> Next(size_t entities_max, Arena& arena, std::vector<Entity>& out) override {
    size_t given = 0;
    const size_t bytes_before = arena.bytes();
    out.reserve(out.size() + std::min(entities_max, kReservedMax));
    // A batch of very large entities ends early, so that memory is bounded by bytes too.
    while (given < entities_max && !done_ &&
           (given == 0 || arena.bytes() - bytes_before < limits::kCommitBytesMax)) {
      SLUICE_TRY(const bool found, options_.history ? NextVersion() : NextLatest());
      if (!found) {
        done_ = true;
        position_ = end_;
        break;
      }
      SLUICE_TRY(const auto version, ParseVersion(cursor_->value()));
      const Offset offset = OffsetOfLogKey(cursor_->key());
      position_ = options_.reverse ? offset : offset + 1;
      if (version.header.deleted && !options_.deleted) continue;
      out.push_back(MakeEntity(offset, version, arena));
      ++given;
    }
    return {};
  }

  Offset position() const override { return position_; }

 private:
  void OpenCursor() {
    cursor_ = snapshot_->NewCursor(Family::kLog, LogKey(dataset_, options_.from),
                                   LogKey(dataset_, to_), Access::kScan);
  }

  Result<bool> NextVersion() {
    if (cursor_ == nullptr) {
      OpenCursor();
      if (options_.reverse) {
        cursor_->SeekForPrev(LogKey(dataset_, to_));
      } else {
        cursor_->Seek(LogKey(dataset_, options_.from));
      }
    } else if (options_.reverse) {
      cursor_->Prev();
    } else {
      cursor_->Next();
    }
    if (cursor_->Valid()) return true;
    SLUICE_TRY(cursor_->status());
    return false;
  }

  Result<bool> NextLatest() {
    SLUICE_TRY(const auto offset, latest_.Next());
    if (!offset) return false;
    if (cursor_ == nullptr) OpenCursor();
    MoveTo(*offset);
    if (cursor_->Valid() && OffsetOfLogKey(cursor_->key()) == *offset) return true;
    SLUICE_TRY(cursor_->status());
    return MakeError(Code::kCorrupt,
                     "dataset {} has no version at offset {}, where its bitmap expects one",
                     dataset_, *offset);
  }

  void MoveTo(Offset offset) {
    for (Offset step = 0; step < kStepsMax && cursor_->Valid(); ++step) {
      const Offset at = OffsetOfLogKey(cursor_->key());
      if (at == offset) return;
      const Offset distance = options_.reverse ? at - offset : offset - at;
      if (distance > kStepsMax) break;
      if (options_.reverse) {
        cursor_->Prev();
      } else {
        cursor_->Next();
      }
    }
    if (!cursor_->Valid() || OffsetOfLogKey(cursor_->key()) != offset)
      cursor_->Seek(LogKey(dataset_, offset));
  }

  const std::shared_ptr<const EngineSnapshot> snapshot_;
  const DatasetNumber dataset_;
  const ReadOptions options_;
  const Offset to_;
  const Offset end_;
  Offset position_;
  LatestOffsets latest_;
  std::unique_ptr<Cursor> cursor_;
  bool done_;
};

class SnapshotIdReader final : public LogReader {
 public:
  SnapshotIdReader(std::shared_ptr<const EngineSnapshot> snapshot, DatasetNumber dataset,
                   std::string_view after_id, bool deleted)
      : snapshot_(std::move(snapshot)), dataset_(dataset), deleted_(deleted) {
    const auto range = NumberRange(dataset);
    cursor_ = snapshot_->NewCursor(Family::kLatest, range.begin, range.end, Access::kScan);
    if (after_id.empty()) {
      cursor_->Seek(range.begin);
      return;
    }
    const auto after = LatestKey(dataset, after_id);
    cursor_->Seek(after);
    if (cursor_->Valid() && cursor_->key() == after) cursor_->Next();
  }

  Result<void> Next(size_t entities_max, Arena& arena, std::vector<Entity>& out) override {
    const size_t bytes_before = arena.bytes();
    size_t given = 0;
    while (given < entities_max && cursor_->Valid() &&
           (given == 0 || arena.bytes() - bytes_before < limits::kCommitBytesMax)) {
      SLUICE_TRY(const auto offsets, NextOffsets(std::min(entities_max - given, kOffsetsMax)));
      SLUICE_TRY(const auto entities, ReadVersions(*snapshot_, dataset_, offsets, arena));
      out.insert(out.end(), entities.begin(), entities.end());
      given += entities.size();
    }
    return cursor_->status();
  }

  Offset position() const override { return 0; }

 private:
  // Entities are read at most so many at a time, so that the bytes of a batch stay bounded.
  static constexpr size_t kOffsetsMax = 100;

  Result<std::vector<Offset>> NextOffsets(size_t count_max) {
    std::vector<Offset> offsets;
    for (; offsets.size() < count_max && cursor_->Valid(); cursor_->Next()) {
      SLUICE_TRY(const auto latest, ParseLatest(cursor_->value()));
      if (!latest.deleted || deleted_) offsets.push_back(latest.offset);
    }
    return offsets;
  }

  const std::shared_ptr<const EngineSnapshot> snapshot_;
  const DatasetNumber dataset_;
  const bool deleted_;
  std::unique_ptr<Cursor> cursor_;
};

}  // namespace

std::unique_ptr<LogReader> MakeLogReader(std::shared_ptr<const EngineSnapshot> snapshot,
                                         DatasetNumber dataset, const ReadOptions& options,
                                         Offset next_offset) {
  return std::make_unique<SnapshotLogReader>(std::move(snapshot), dataset, options, next_offset);
}

std::unique_ptr<LogReader> MakeIdReader(std::shared_ptr<const EngineSnapshot> snapshot,
                                        DatasetNumber dataset, std::string_view after_id,
                                        bool deleted) {
  return std::make_unique<SnapshotIdReader>(std::move(snapshot), dataset, after_id, deleted);
}

}  // namespace sluice::storage
