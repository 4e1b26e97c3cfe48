#include "pipe/merge/components.h"

namespace sluice::pipe::merge {

Components::Components(std::string spill_folder, size_t bytes_max)
    // Two sorters are full at once.
    : folder_(std::move(spill_folder)), bytes_max_(bytes_max / 2), both_(Make()) {}

std::unique_ptr<Components::Edges> Components::Make() const {
  return std::make_unique<Edges>(folder_, bytes_max_);
}

Result<void> Components::Join(uint64_t a, uint64_t b) {
  if (a == b) return {};
  SLUICE_TRY(both_->Add({a, b}));
  return both_->Add({b, a});
}

// For each node: its neighbours that are larger are tied to the least of all, itself included.
Result<bool> Components::LargeStar(Edges& both, Edges& stars) {
  bool is_star = true, has_smaller = false;
  Belonging edge, last;
  uint64_t least = 0;
  bool any = false;
  while (true) {
    SLUICE_TRY(const bool more, both.Next(edge));
    if (!more) return is_star;
    if (any && edge == last) continue;
    if (!any || edge.node != last.node) {
      least = std::min(edge.node, edge.root);
      has_smaller = edge.root < edge.node;
    } else if (has_smaller) {
      // A node with a smaller neighbour has no other one in a star.
      is_star = false;
    }
    any = true;
    last = edge;
    if (edge.root > edge.node) SLUICE_TRY(stars.Add({edge.root, least}));
  }
}

// For each node: its smaller neighbours and itself are tied to the least of them.
Result<void> Components::SmallStar(Edges& down, Edges& both) {
  Belonging edge, last;
  uint64_t least = 0;
  bool any = false;
  while (true) {
    SLUICE_TRY(const bool more, down.Next(edge));
    if (!more) return {};
    if (any && edge == last) continue;
    const bool is_first = !any || edge.node != last.node;
    if (is_first) least = edge.root;
    const uint64_t tied = is_first ? edge.node : edge.root;
    SLUICE_TRY(both.Add({tied, least}));
    SLUICE_TRY(both.Add({least, tied}));
    any = true;
    last = edge;
  }
}

Result<std::unique_ptr<RecordSorter<Belonging>>> Components::Connect(const Stop& stop) {
  std::unique_ptr<Edges> stars;
  while (true) {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
    SLUICE_TRY(both_->Sort());
    stars = Make();
    SLUICE_TRY(const bool is_star, LargeStar(*both_, *stars));
    both_ = Make();
    SLUICE_TRY(stars->Sort());
    if (is_star) break;
    SLUICE_TRY(SmallStar(*stars, *both_));
  }
  // The roots belong to themselves.
  auto all = Make();
  Belonging member, last;
  bool any = false;
  while (true) {
    SLUICE_TRY(const bool more, stars->Next(member));
    if (!more) break;
    if (any && member == last) continue;
    SLUICE_TRY(all->Add(member));
    SLUICE_TRY(all->Add({member.root, member.root}));
    any = true;
    last = member;
  }
  SLUICE_TRY(all->Sort());
  return all;
}

}  // namespace sluice::pipe::merge
