// Where in its source an id was seen last, also where nothing was stored of it.

#include "storage/bitmap.h"
#include "storage/commit_builder.h"
#include "storage/keys.h"

namespace sluice::storage {
namespace {

bool IsLater(const std::optional<SourceOffset>& known, const SourceOffset& source) {
  return known && known->dataset == source.dataset && source.offset < known->offset;
}

}  // namespace

Result<bool> CommitBuilder::IsOvertaken(const Slot& slot, const storage::Append& append,
                                        const std::optional<FullRun>& run) const {
  if (!append.source) return false;
  if (slot.now) return IsLater(slot.now->source, *append.source);
  if (!run || !source_notes_) return false;
  SLUICE_TRY(const auto note, SourceNote(append.id));
  return IsLater(note, *append.source);
}

Result<void> CommitBuilder::NoteSource(const storage::Append& append) {
  if (!append.source) return {};
  SLUICE_TRY(const auto note, SourceNote(append.id));
  if (IsLater(note, *append.source)) return {};
  buffer_.clear();
  AppendVarint(append.source->dataset, buffer_);
  AppendVarint(append.source->offset, buffer_);
  set_->Put(Family::kState, SourceNoteKey(number_, append.id), buffer_);
  source_notes_ = true;
  return {};
}

Result<std::optional<SourceOffset>> CommitBuilder::SourceNote(std::string_view id) const {
  SLUICE_TRY(const auto value, engine_.Get(Family::kState, SourceNoteKey(number_, id)));
  if (!value) return std::optional<SourceOffset>();
  FieldReader fields(*value);
  SourceOffset note{.dataset = static_cast<DatasetNumber>(fields.Varint()),
                    .offset = fields.Varint()};
  if (!fields.done())
    return MakeError(Code::kCorrupt, "dataset {}: a bad note of a source", number_);
  return std::optional(note);
}

void CommitBuilder::EndFullRun() {
  if (!counters_.full_run) return;
  const auto seen = BitmapRange(number_, BitmapKind::kSeen, counters_.full_run->number);
  set_->DeleteRange(Family::kState, seen.begin, seen.end);
  if (source_notes_) {
    const auto notes = SourceNoteRange(number_);
    set_->DeleteRange(Family::kState, notes.begin, notes.end);
  }
  source_notes_ = false;
  counters_.full_run.reset();
}

}  // namespace sluice::storage
