// Recognises the property names of dicts that look alike. For the files of value/ only.

#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::json {

// A trie over sequences of names: entities of one source repeat their names in the same order, so
// each name is first compared with the one that came next the last time. A path knows whether its
// names ascend and are distinct, which then costs nothing for the dict. Bounded: what does not fit
// is simply unknown.
class ShapeCache {
 public:
  using Shape = uint32_t;
  static constexpr Shape kUnknown = UINT32_MAX;
  // The empty sequence, for values at the top.
  static constexpr Shape kRoot = 0;
  // Longer names are never known.
  static constexpr size_t kNameBytesMax = 64;

  ShapeCache();

  // The sequence `shape` and the name whose JSON text starts at `raw`, behind the opening quote;
  // kUnknown if it was not seen yet. May read kNameBytesMax + 8 bytes from `raw`.
  Shape Step(Shape shape, const char* raw) {
    if (shape == kUnknown) return kUnknown;
    const Shape child = nodes_[shape].child;
    if (child == kNone) return kUnknown;
    if (nodes_[child].Is(raw)) return child;
    return StepToSibling(shape, raw);
  }
  // Makes a name that Step did not know known; kUnknown if there is no room. `name` holds no
  // escapes.
  Shape Add(Shape shape, std::string_view name);
  // The empty sequence for dicts that are values of the last name of `shape`.
  Shape Nested(Shape shape) {
    if (shape == kUnknown) return kUnknown;
    const Shape nested = nodes_[shape].nested;
    return nested != kNone ? nested : AddNested(shape);
  }

  // The last name of a known sequence as a record has it, with its length in front; at least 16
  // bytes are readable.
  std::string_view EncodedName(Shape shape) const {
    const Node& node = nodes_[shape];
    return {node.encoded.data(), node.encoded_size};
  }
  bool Ascending(Shape shape) const { return nodes_[shape].ascending; }
  bool Distinct(Shape shape) const { return nodes_[shape].distinct; }

  // To be called between values: forgets everything when most of what is kept has become useless.
  void Renew();

 private:
  static constexpr Shape kNone = UINT32_MAX;

  struct Node {
    // The first eight bytes of the name and its closing quote, and a mask where they are fewer.
    uint64_t head = 0;
    uint64_t mask = 0;
    uint32_t size = 0;
    uint32_t encoded_size = 0;
    std::string encoded;
    Shape parent = kNone;
    Shape child = kNone;  // The one met last.
    Shape sibling = kNone;
    Shape nested = kNone;
    bool ascending = true;
    bool distinct = true;

    std::string_view name() const { return {encoded.data() + encoded_size - size, size}; }
    bool Is(const char* raw) const {
      uint64_t block;
      std::memcpy(&block, raw, sizeof block);
      if ((block & mask) != head) return false;
      if (size < 8) return true;
      return std::memcmp(raw + 8, encoded.data() + encoded_size - size + 8, size - 8) == 0 &&
             raw[size] == '"';
    }
  };

  Shape StepToSibling(Shape shape, const char* raw);
  Shape AddNested(Shape shape);

  std::vector<Node> nodes_;
  uint32_t missed_ = 0;
};

}  // namespace sluice::json
