#include "pipe/merge/groups.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace sluice::pipe::merge {
namespace {

constexpr char kFormat = '1';  // Of a standing's bytes.
constexpr size_t kRemovedAtOnce = 10'000;

std::string Prefix(std::string_view pipe) { return fmt::format("pipe/{}/merge/", pipe); }
std::string GenerationPrefix(std::string_view pipe, uint64_t generation) {
  return fmt::format("{}{:016x}/", Prefix(pipe), generation);
}

void AppendNumber(uint64_t number, std::string& out) {
  while (number >= 0x80) {
    out += static_cast<char>(number | 0x80);
    number >>= 7;
  }
  out += static_cast<char>(number);
}

void AppendNode(const Node& node, std::string& out) {
  AppendNumber(node.dataset, out);
  AppendNumber(node.id.size(), out);
  out += node.id;
}

// Reads what is above; fails where the bytes end too early.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {}

  std::optional<uint64_t> Number() {
    uint64_t number = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      number |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return number;
    }
    return std::nullopt;
  }
  std::optional<Node> ReadNode() {
    const auto dataset = Number();
    const auto size = dataset ? Number() : std::nullopt;
    if (!size || *size > rest_.size()) return std::nullopt;
    Node node{.dataset = *dataset, .id = std::string(rest_.substr(0, *size))};
    rest_.remove_prefix(*size);
    return node;
  }
  bool AtEnd() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<Standing> Decode(std::string_view bytes) {
  if (bytes.size() < 2 || bytes[0] != kFormat) return std::nullopt;
  Decoder decoder(bytes.substr(2));
  Standing standing;
  switch (bytes[1]) {
    case 'F':
      standing.kind = Standing::Kind::kFirst;
      while (!decoder.AtEnd()) {
        auto node = decoder.ReadNode();
        if (!node) return std::nullopt;
        standing.members.push_back(*std::move(node));
      }
      return standing;
    case 'M': {
      standing.kind = Standing::Kind::kMember;
      auto node = decoder.ReadNode();
      if (!node) return std::nullopt;
      standing.first = *std::move(node);
      return standing;
    }
    case 'L':
    case 'O':
      standing.kind = Standing::Kind::kLoose;
      standing.own_id = bytes[1] == 'O';
      return standing;
    default:
      return std::nullopt;
  }
}

std::string DatasetText(size_t dataset) { return fmt::format("{:04x}", dataset); }

std::optional<Node> NodeOfKey(std::string_view rest) {
  if (rest.size() < 4) return std::nullopt;
  size_t dataset = 0;
  const auto read = std::from_chars(rest.data(), rest.data() + 4, dataset, 16);
  if (read.ec != std::errc() || read.ptr != rest.data() + 4) return std::nullopt;
  return Node{.dataset = dataset, .id = std::string(rest.substr(4))};
}

Error Broken(std::string_view what) {
  return MakeError(Code::kCorrupt, "{} of a merge source is broken: reset the pipe", what);
}

}  // namespace

Result<GroupsHead> LoadGroupsHead(const storage::Snapshot& snapshot, std::string_view pipe) {
  SLUICE_TRY(const auto text, snapshot.GetState(Prefix(pipe) + "head"));
  if (!text) return GroupsHead{};
  Decoder decoder(*text);
  const auto generation = decoder.Number();
  const auto stale = generation ? decoder.Number() : std::nullopt;
  if (!stale) return Broken("the stored head");
  return GroupsHead{.generation = *generation, .stale = *stale};
}

storage::StateChange StoreGroupsHead(std::string_view pipe, const GroupsHead& head) {
  std::string text;
  AppendNumber(head.generation, text);
  AppendNumber(head.stale, text);
  return {Prefix(pipe) + "head", std::move(text)};
}

Result<void> RemoveGeneration(storage::Store& store, std::string_view pipe, uint64_t generation,
                              const Stop& stop) {
  const std::string prefix = GenerationPrefix(pipe, generation);
  while (true) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
    storage::Commit commit;
    SLUICE_TRY(store.TakeSnapshot()->ScanState(prefix, [&](std::string_view key, std::string_view) {
      commit.state.push_back({std::string(key), std::nullopt});
      return commit.state.size() < kRemovedAtOnce;
    }));
    if (commit.state.empty()) return {};
    SLUICE_TRY(store.Write(commit));
  }
}

Groups::Groups(storage::Store& store, std::string_view pipe, uint64_t generation)
    : store_(store), prefix_(GenerationPrefix(pipe, generation)), snapshot_(store.TakeSnapshot()) {}

std::string Groups::NodeKey(const Node& node) const {
  return prefix_ + "n" + DatasetText(node.dataset) + node.id;
}
std::string Groups::LooseKey(const Node& node) const {
  return prefix_ + "l" + DatasetText(node.dataset) + node.id;
}

Result<std::optional<std::string>> Groups::Read(const std::string& key) const {
  for (const Changes* changes : {&changes_, &taken_}) {
    const auto found = changes->find(key);
    if (found != changes->end()) return found->second;
  }
  return snapshot_->GetState(key);
}

Result<Standing> Groups::Find(const Node& node) const {
  SLUICE_TRY(const auto bytes, Read(NodeKey(node)));
  if (!bytes) return Standing{};
  auto standing = Decode(*bytes);
  if (!standing) return Broken("a stored group");
  return *std::move(standing);
}

void Groups::SetGroup(std::span<const Node> members) {
  std::string first(1, kFormat), other(1, kFormat);
  first += 'F';
  other += 'M';
  AppendNode(members[0], other);
  for (const Node& member : members) {
    AppendNode(member, first);
    changes_[NodeKey(member)] = other;
  }
  changes_[NodeKey(members[0])] =
      members.size() > 1 ? std::optional(std::move(first)) : std::nullopt;
}

void Groups::SetGivenAlone(const Node& node) {
  changes_[NodeKey(node)] = std::string{kFormat, 'O'};
}

void Groups::SetLoose(const Node& node, bool own_id) {
  std::string bytes(1, kFormat);
  bytes += own_id ? 'O' : 'L';
  changes_[NodeKey(node)] = std::move(bytes);
  changes_[LooseKey(node)] = std::string();
}

void Groups::ClearLoose(const Node& node) { changes_[LooseKey(node)] = std::nullopt; }

Result<std::vector<Node>> Groups::FindLoose(size_t count_max) const {
  const std::string prefix = prefix_ + "l";
  const size_t scanned_max = count_max + taken_.size() + changes_.size();
  std::map<std::string, bool> found;
  SLUICE_TRY(snapshot_->ScanState(prefix, [&](std::string_view key, std::string_view) {
    found[std::string(key)] = true;
    return found.size() < scanned_max;
  }));
  for (const Changes* changes : {&taken_, &changes_}) {
    for (auto at = changes->lower_bound(prefix);
         at != changes->end() && at->first.starts_with(prefix); ++at) {
      found[at->first] = at->second.has_value();
    }
  }
  std::vector<Node> nodes;
  for (const auto& [key, is_loose] : found) {
    if (!is_loose || nodes.size() == count_max) continue;
    auto node = NodeOfKey(std::string_view(key).substr(prefix.size()));
    if (!node) return Broken("a stored mark");
    nodes.push_back(*std::move(node));
  }
  return nodes;
}

Result<std::vector<uint64_t>> Groups::FindLongestComposite(size_t datasets) const {
  SLUICE_TRY(const auto text, Read(prefix_ + "c"));
  std::vector<uint64_t> bytes(datasets, text ? 0 : std::numeric_limits<uint64_t>::max());
  if (!text) return bytes;
  Decoder decoder(*text);
  for (uint64_t& one : bytes) {
    const auto number = decoder.Number();
    if (!number) return Broken("what is stored of ids");
    one = *number;
  }
  return bytes;
}

void Groups::SetLongestComposite(std::span<const uint64_t> bytes) {
  std::string text;
  for (const uint64_t one : bytes) AppendNumber(one, text);
  changes_[prefix_ + "c"] = std::move(text);
}

std::vector<storage::StateChange> Groups::Take() {
  // What was taken before is committed by now.
  if (!taken_.empty()) snapshot_ = store_.TakeSnapshot();
  taken_ = std::move(changes_);
  changes_.clear();
  std::vector<storage::StateChange> changes;
  changes.reserve(taken_.size());
  for (const auto& [key, value] : taken_) changes.push_back({key, value});
  return changes;
}

Result<void> Groups::VisitGroups(
    const std::function<bool(const Node& first, size_t members)>& visit) const {
  const std::string prefix = prefix_ + "n";
  bool broken = false;
  SLUICE_TRY(snapshot_->ScanState(prefix, [&](std::string_view key, std::string_view value) {
    const auto standing = Decode(value);
    const auto node = NodeOfKey(key.substr(prefix.size()));
    broken = !standing || !node;
    if (broken) return false;
    if (standing->kind != Standing::Kind::kFirst) return true;
    return visit(*node, standing->members.size());
  }));
  return broken ? Result<void>(Broken("a stored group")) : Result<void>();
}

}  // namespace sluice::pipe::merge
