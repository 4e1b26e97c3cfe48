#include "pipe/merge/read_again.h"

#include <algorithm>
#include <charconv>

#include "pipe/merge/composite_ids.h"
#include "pipe/merge/first_ids.h"

namespace sluice::pipe::merge {
namespace {

class Reader {
 public:
  Reader(const MergeSetup& setup, std::shared_ptr<const storage::Snapshot> snapshot, Batch& batch)
      : setup_(setup),
        snapshot_(std::move(snapshot)),
        batch_(batch),
        matcher_(setup.rules, snapshot_, *setup.indexes, setup.members_max, batch.arena),
        read_by_run_(setup.rules.datasets().size(), UINT64_MAX) {}

  // From where on the run reads by itself.
  Result<void> LeaveOutFrom(const Value& since) {
    SLUICE_TRY(const auto positions, DatasetPositions::Parse(since));
    for (size_t place = 0; place < read_by_run_.size(); ++place) {
      SLUICE_TRY(const auto info, snapshot_->FindDataset(setup_.rules.datasets()[place].dataset));
      if (info) read_by_run_[place] = positions.NextIn(ShortIncarnation(*info));
    }
    return {};
  }

  Result<void> Read(std::string_view id) {
    return setup_.combine.identity == Identity::kFirst ? ReadFirst(id) : ReadComposite(id);
  }

 private:
  Result<void> ReadFirst(std::string_view id) {
    SLUICE_TRY(auto found,
               FindByFirst(setup_, matcher_, batch_.arena->Copy(id), {}, *batch_.arena));
    if (found.source.gone || IsRead(found.members)) return {};
    Give(std::move(found.entity), found.source);
    return {};
  }

  // "0|one1"
  Result<void> ReadComposite(std::string_view id) {
    size_t place = 0;
    const auto read = std::from_chars(id.data(), id.data() + id.size(), place);
    const auto digits = static_cast<size_t>(read.ptr - id.data());
    if (read.ec != std::errc() || digits >= id.size() || id[digits] != '|' ||
        place >= read_by_run_.size()) {
      return MakeError(Code::kCorrupt, "\"{}\" names no group of \"{}\": reset the pipe", id,
                       setup_.pipe);
    }
    SLUICE_TRY(const Entity* const entity, matcher_.Get(place, id.substr(digits + 1)));
    if (!entity) return {};
    std::vector<Member> members = {{.dataset = place, .entity = entity}};
    if (!entity->deleted) {
      SLUICE_TRY(Group group, matcher_.FindGroup(members[0]));
      members = std::move(group.members);
      std::ranges::sort(members, Precedes);
      if (members[0].entity->id() != entity->id() || members[0].dataset != place) return {};
    }
    if (IsRead(members)) return {};
    const std::span<const Member> group(members);
    SLUICE_TRY(const auto before,
               FindAhead(setup_, matcher_, IdOf(group, Identity::kComposite, *batch_.arena),
                         entity->id(), *batch_.arena));
    if (!before.empty()) return {};
    Give(Combine(members, setup_.combine, *batch_.arena),
         SourceOf(members, setup_.combine.identity, *batch_.arena));
    return {};
  }

  bool IsRead(std::span<const Member> members) const {
    return std::ranges::any_of(members, [&](const Member& member) {
      return OffsetOf(*member.entity) >= read_by_run_[member.dataset];
    });
  }

  void Give(Entity entity, const SourceEntity& source) {
    batch_.origins.push_back(static_cast<uint32_t>(batch_.sources.size()));
    batch_.sources.push_back(source);
    batch_.entities.push_back(std::move(entity));
  }

  const MergeSetup& setup_;
  const std::shared_ptr<const storage::Snapshot> snapshot_;
  Batch& batch_;
  Matcher matcher_;
  std::vector<storage::Offset> read_by_run_;  // By place.
};

}  // namespace

Result<Batch> ReadGroupsAgain(const MergeSetup& setup, std::span<const std::string> ids,
                              const std::optional<Value>& before,
                              std::shared_ptr<const storage::Snapshot> given,
                              std::shared_ptr<const storage::Snapshot> snapshot, const Stop& stop) {
  Batch batch;
  batch.snapshot = std::move(snapshot);
  Reader reader(setup, std::move(given), batch);
  if (before) SLUICE_TRY(reader.LeaveOutFrom(*before));
  for (const std::string& id : ids) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
    SLUICE_TRY(reader.Read(id));
  }
  return batch;
}

}  // namespace sluice::pipe::merge
