// The graph of pipes: who reads what others write.

#pragma once

#include <set>
#include <string>
#include <vector>

namespace sluice::pipe {

struct GraphPipe {
  std::string id;
  std::vector<std::string> inputs;  // Datasets its source reads.
  std::set<std::string> lookups;    // Datasets its transforms read.
  std::string output;               // Empty: none.
};

// Pipes that lead back to each other, or one pipe.
struct GraphComponent {
  std::vector<std::string> pipes;  // In the order in which they were given.
  bool cyclic = false;             // A pipe's output leads back to its source.
};

// Components so that each comes after those it reads from.
std::vector<GraphComponent> OrderPipes(const std::vector<GraphPipe>& pipes);

}  // namespace sluice::pipe
