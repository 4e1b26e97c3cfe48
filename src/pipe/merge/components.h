// Components: which nodes of a graph hang together, however large it is.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/stop.h"
#include "pipe/merge/record_sorter.h"

namespace sluice::pipe::merge {

// A node and the least node of its component.
struct Belonging {
  uint64_t node = 0;
  uint64_t root = 0;
  auto operator<=>(const Belonging&) const = default;
};

// Alternates "large star" and "small star" (Kiveris et al., Connected Components in MapReduce and
// Beyond, 2014) over sorted files until each component is a star around its least node: the number
// of rounds grows with the logarithm of the longest path, and memory does not grow at all. Used by
// one thread.
class Components {
 public:
  Components(std::string spill_folder, size_t bytes_max);

  // Joins two nodes; one with itself is ignored.
  Result<void> Join(uint64_t a, uint64_t b);
  // All nodes that are joined with others, and their roots, ascending by node: call Next on it.
  Result<std::unique_ptr<RecordSorter<Belonging>>> Connect(const Stop& stop);

 private:
  using Edges = RecordSorter<Belonging>;

  std::unique_ptr<Edges> Make() const;
  // Reads the edges of both directions; gives stars around larger nodes' least neighbours, and says
  // whether every component is a star already.
  Result<bool> LargeStar(Edges& both, Edges& stars);
  // Reads edges from larger to smaller nodes; gives edges of both directions.
  Result<void> SmallStar(Edges& down, Edges& both);

  const std::string folder_;
  const size_t bytes_max_;
  std::unique_ptr<Edges> both_;
};

}  // namespace sluice::pipe::merge
