#include "value/shape_cache.h"

#include "value/encoding.h"

namespace sluice::json {
namespace {

constexpr size_t kNodesMax = 4096;
// More names than these at one place are ids, not names.
constexpr int kSiblingsMax = 16;
// Names that found no room before everything is forgotten.
constexpr uint32_t kMissedMax = 100'000;

}  // namespace

ShapeCache::ShapeCache() { nodes_.emplace_back(); }

ShapeCache::Shape ShapeCache::StepToSibling(Shape shape, const char* raw) {
  Shape before = nodes_[shape].child;
  for (Shape next = nodes_[before].sibling; next != kNone;
       before = next, next = nodes_[next].sibling) {
    if (!nodes_[next].Is(raw)) continue;
    nodes_[before].sibling = nodes_[next].sibling;
    nodes_[next].sibling = nodes_[shape].child;
    nodes_[shape].child = next;
    return next;
  }
  return kUnknown;
}

ShapeCache::Shape ShapeCache::Add(Shape shape, std::string_view name) {
  if (shape == kUnknown) return kUnknown;
  int siblings = 0;
  for (Shape next = nodes_[shape].child; next != kNone; next = nodes_[next].sibling) ++siblings;
  if (siblings >= kSiblingsMax || nodes_.size() >= kNodesMax || name.size() > kNameBytesMax) {
    ++missed_;
    return kUnknown;
  }
  Node node;
  char size[encoding::kVarintBytesMax];
  node.encoded.assign(size, encoding::WriteVarint(name.size(), size));
  node.encoded.append(name);
  node.encoded_size = static_cast<uint32_t>(node.encoded.size());
  node.encoded.append(16, '\0');
  node.size = static_cast<uint32_t>(name.size());
  char head[8] = {};
  char mask[8] = {};
  const size_t head_size = std::min<size_t>(name.size(), 8);
  std::memcpy(head, name.data(), head_size);
  std::memset(mask, 0xFF, std::min<size_t>(head_size + 1, 8));
  if (head_size < 8) head[head_size] = '"';
  std::memcpy(&node.head, head, 8);
  std::memcpy(&node.mask, mask, 8);
  node.parent = shape;
  node.sibling = nodes_[shape].child;
  node.distinct = nodes_[shape].distinct;
  for (Shape seen = shape; nodes_[seen].encoded_size != 0; seen = nodes_[seen].parent) {
    if (nodes_[seen].name() == name) node.distinct = false;
  }
  const bool first = nodes_[shape].encoded_size == 0;
  node.ascending = first || (nodes_[shape].ascending && nodes_[shape].name() < name);
  nodes_.push_back(std::move(node));
  return nodes_[shape].child = static_cast<Shape>(nodes_.size() - 1);
}

ShapeCache::Shape ShapeCache::AddNested(Shape shape) {
  if (shape == kRoot) return kRoot;
  if (nodes_.size() >= kNodesMax) return kUnknown;
  nodes_.emplace_back();
  return nodes_[shape].nested = static_cast<Shape>(nodes_.size() - 1);
}

void ShapeCache::Renew() {
  if (missed_ < kMissedMax) return;
  missed_ = 0;
  nodes_.clear();
  nodes_.emplace_back();
}

}  // namespace sluice::json
