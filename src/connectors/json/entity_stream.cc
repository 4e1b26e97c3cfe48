#include "connectors/json/entity_stream.h"

#include <algorithm>
#include <atomic>

#include "value/dataset_records.h"
#include "value/record.h"

namespace sluice::connectors {
namespace {

// Beyond this a block is not kept for the next batch.
constexpr size_t kBlockBytesKept = 16 * 1024 * 1024;

}  // namespace

bool IsBlank(std::string_view bytes) {
  return bytes.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

EntityStream::EntityStream(JsonStream::Options options)
    : stream_(std::move(options)), block_(std::make_shared<std::string>()) {}

Result<bool> EntityStream::Fill(size_t entities_max, size_t bytes_max) {
  if (parsed_.empty()) StartBlock();
  while (parsed_.size() < entities_max && block_->size() < bytes_max) {
    const size_t start = block_->size();
    auto more = stream_.Next(*block_);
    if (more.ok() && !*more) return false;
    if (!more.ok()) {
      block_->resize(start);
      return more.TakeError();
    }
    auto parsed = Check(start);
    if (!parsed.ok()) {
      block_->resize(start);
      return parsed.TakeError();
    }
    parsed_.push_back(*parsed);
  }
  return true;
}

Result<EntityStream::Parsed> EntityStream::Check(size_t start) const {
  const auto record = std::string_view(*block_).substr(start);
  const EntityHead head = ReadEntityHead(record);
  if (!head.has_id) return WithoutId(Decode(record));
  return Parsed{.start = start, .deleted = head.deleted, .has_updated = head.has_updated};
}

Error EntityStream::WithoutId(const Value& value) const {
  const uint64_t index = stream_.count() - 1;
  if (!value.IsDict()) {
    return MakeError(Code::kBadData, "item {}: expected an entity (an object), found a {}", index,
                     ToString(value.kind()));
  }
  if (!value.Has("_id")) {
    return MakeError(Code::kBadData, "item {}: expected an \"_id\", found none", index);
  }
  const Value id = value.Find("_id");
  return MakeError(Code::kBadData,
                   "item {}: expected \"_id\" to be a string that is not empty, found {}", index,
                   id.AsString() ? "an empty one" : fmt::format("a {}", ToString(id.kind())));
}

pipe::Batch EntityStream::Take() {
  pipe::Batch batch;
  batch.keep.push_back(block_);
  batch.entities.reserve(parsed_.size());
  for (const Parsed& parsed : parsed_) {
    Entity& entity = batch.entities.emplace_back();
    entity.dict = Decode(std::string_view(*block_).substr(parsed.start));
    entity.deleted = parsed.deleted;
    if (parsed.has_updated) entity.updated = entity.dict.Find("_updated");
  }
  parsed_.clear();
  return batch;
}

// Uses the last block again if its batch is gone, so that steady streams do not go to the heap.
void EntityStream::StartBlock() {
  if (block_.use_count() != 1 || block_->capacity() > kBlockBytesKept) {
    const size_t expected = std::min(block_->size() + block_->size() / 8, kBlockBytesKept);
    block_ = std::make_shared<std::string>();
    block_->reserve(expected);
  }
  // The batch's last holder may have been another thread.
  std::atomic_thread_fence(std::memory_order_acquire);
  block_->clear();
}

}  // namespace sluice::connectors
