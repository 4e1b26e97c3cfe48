#include "value/json_index.h"

#include <simdjson.h>

#include <algorithm>

namespace sluice::json {

struct StructuralIndex::Stage {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
};

StructuralIndex::StructuralIndex() : stage_(std::make_unique<Stage>()) {}
StructuralIndex::~StructuralIndex() = default;
StructuralIndex::StructuralIndex(StructuralIndex&&) noexcept = default;
StructuralIndex& StructuralIndex::operator=(StructuralIndex&&) noexcept = default;

StructuralIndex::Status StructuralIndex::Index(std::string_view text) {
  constexpr size_t kCapacityMin = 4096;
  auto& parser = stage_->parser;
  if (text.empty()) return Status::kEmpty;
  if (parser == nullptr || parser->capacity() < text.size()) {
    const size_t capacity =
        std::max({text.size(), kCapacityMin, parser == nullptr ? 0 : parser->capacity() * 2});
    parser.reset();
    const size_t allowed = std::min<size_t>(capacity, simdjson::SIMDJSON_MAXSIZE_BYTES);
    if (text.size() > allowed) return Status::kTooLarge;
    if (simdjson::get_active_implementation()->create_dom_parser_implementation(
            allowed, 1, parser) != simdjson::SUCCESS) {
      return Status::kTooLarge;
    }
  }
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  switch (parser->stage1(bytes, text.size(), simdjson::stage1_mode::regular)) {
    case simdjson::SUCCESS:
      return Status::kOk;
    case simdjson::EMPTY:
      return Status::kEmpty;
    case simdjson::UNCLOSED_STRING:
      return Status::kUnclosedString;
    case simdjson::UNESCAPED_CHARS:
      return Status::kControlCharacter;
    case simdjson::UTF8_ERROR:
      return Status::kBadUtf8;
    default:
      return Status::kTooLarge;
  }
}

const uint32_t* StructuralIndex::positions() const {
  return stage_->parser->structural_indexes.get();
}
uint32_t StructuralIndex::count() const { return stage_->parser->n_structural_indexes; }

void StructuralIndex::Shrink(size_t capacity_max) {
  if (stage_->parser != nullptr && stage_->parser->capacity() > capacity_max)
    stage_->parser.reset();
}

}  // namespace sluice::json
