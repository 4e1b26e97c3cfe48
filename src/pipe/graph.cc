#include "pipe/graph.h"

#include <algorithm>
#include <map>

namespace sluice::pipe {
namespace {

// Tarjan's algorithm, without recursion: chains of pipes may be long.
class Tarjan {
 public:
  explicit Tarjan(std::vector<std::vector<size_t>> edges)
      : edges_(std::move(edges)), marks_(edges_.size()) {}

  // Components in the order in which they are left: each after all it points at.
  std::vector<std::vector<size_t>> Run() {
    for (size_t i = 0; i < edges_.size(); ++i) {
      if (marks_[i].index == 0) Visit(i);
    }
    return std::move(components_);
  }

 private:
  struct Mark {
    size_t index = 0;  // 0: not seen yet.
    size_t low = 0;
    bool on_stack = false;
  };
  struct Frame {
    size_t node;
    size_t edge = 0;
  };

  void Enter(size_t node) {
    marks_[node] = {++count_, count_, true};
    stack_.push_back(node);
    frames_.push_back({node});
  }

  void Visit(size_t root) {
    Enter(root);
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      const size_t node = frame.node;
      if (frame.edge < edges_[node].size()) {
        const size_t next = edges_[node][frame.edge++];
        if (marks_[next].index == 0) {
          Enter(next);
        } else if (marks_[next].on_stack) {
          marks_[node].low = std::min(marks_[node].low, marks_[next].index);
        }
        continue;
      }
      frames_.pop_back();
      if (!frames_.empty()) {
        Mark& parent = marks_[frames_.back().node];
        parent.low = std::min(parent.low, marks_[node].low);
      }
      if (marks_[node].low == marks_[node].index) Leave(node);
    }
  }

  void Leave(size_t root) {
    std::vector<size_t> component;
    size_t node = root;
    do {
      node = stack_.back();
      stack_.pop_back();
      marks_[node].on_stack = false;
      component.push_back(node);
    } while (node != root);
    std::ranges::sort(component);
    components_.push_back(std::move(component));
  }

  std::vector<std::vector<size_t>> edges_;
  std::vector<Mark> marks_;
  size_t count_ = 0;
  std::vector<size_t> stack_;
  std::vector<Frame> frames_;
  std::vector<std::vector<size_t>> components_;
};

}  // namespace

std::vector<GraphComponent> OrderPipes(const std::vector<GraphPipe>& pipes) {
  std::multimap<std::string_view, size_t> writers;
  for (size_t i = 0; i < pipes.size(); ++i) {
    if (!pipes[i].output.empty()) writers.emplace(pipes[i].output, i);
  }
  // Edges point at what a pipe reads from, so that it is left first.
  std::vector<std::vector<size_t>> edges(pipes.size());
  for (size_t i = 0; i < pipes.size(); ++i) {
    const auto add = [&](const std::string& dataset) {
      const auto [first, last] = writers.equal_range(dataset);
      for (auto writer = first; writer != last; ++writer) edges[i].push_back(writer->second);
    };
    std::ranges::for_each(pipes[i].inputs, add);
    std::ranges::for_each(pipes[i].lookups, add);
  }
  std::vector<GraphComponent> components;
  for (const auto& nodes : Tarjan(std::move(edges)).Run()) {
    GraphComponent component;
    for (const size_t node : nodes) component.pipes.push_back(pipes[node].id);
    const GraphPipe& first = pipes[nodes.front()];
    component.cyclic =
        nodes.size() > 1 || std::ranges::find(first.inputs, first.output) != first.inputs.end();
    components.push_back(std::move(component));
  }
  return components;
}

}  // namespace sluice::pipe
