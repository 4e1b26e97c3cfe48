// Files whose bytes have flipped bits, by seed: what a checksum must tell.

#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "base/random.h"

namespace sluice::storage::testing {

// Flips one bit of one piece of data in so many. May be used by any thread.
class BitFlipper {
 public:
  explicit BitFlipper(uint64_t seed) : random_(seed) {}

  void FlipOneIn(uint64_t pieces) { one_in_ = pieces; }  // 0: none.
  uint64_t flips() const { return flips_; }

  // Whether the next piece is to be flipped.
  bool Due(size_t bytes) {
    const uint64_t one_in = one_in_;
    return one_in != 0 && bytes != 0 && random_.Below(one_in) == 0;
  }
  void Flip(char* bytes, size_t count) {
    const uint64_t bit = random_.Below(8 * count);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    ++flips_;
  }

 private:
  SeededRandom random_;
  std::atomic<uint64_t> one_in_ = 0;
  std::atomic<uint64_t> flips_ = 0;
};

// What was read may lie outside `scratch`, where nobody may write.
inline void FlipRead(BitFlipper& flipper, rocksdb::Slice* result, char* scratch) {
  if (!flipper.Due(result->size())) return;
  if (result->data() != scratch) std::memmove(scratch, result->data(), result->size());
  flipper.Flip(scratch, result->size());
  *result = rocksdb::Slice(scratch, result->size());
}

class FlippingRandomFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  FlippingRandomFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file,
                     std::shared_ptr<BitFlipper> flipper)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), flipper_(std::move(flipper)) {}

  rocksdb::IOStatus Read(uint64_t offset, size_t count, const rocksdb::IOOptions& options,
                         rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext* debug) const override {
    auto status =
        FSRandomAccessFileOwnerWrapper::Read(offset, count, options, result, scratch, debug);
    if (status.ok()) FlipRead(*flipper_, result, scratch);
    return status;
  }
  rocksdb::IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count,
                              const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) override {
    for (size_t i = 0; i < count; ++i) {
      auto& request = requests[i];
      request.status =
          Read(request.offset, request.len, options, &request.result, request.scratch, debug);
    }
    return rocksdb::IOStatus::OK();
  }

 private:
  const std::shared_ptr<BitFlipper> flipper_;
};

class FlippingSequentialFile final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  FlippingSequentialFile(std::unique_ptr<rocksdb::FSSequentialFile> file,
                         std::shared_ptr<BitFlipper> flipper)
      : FSSequentialFileOwnerWrapper(std::move(file)), flipper_(std::move(flipper)) {}

  rocksdb::IOStatus Read(size_t count, const rocksdb::IOOptions& options, rocksdb::Slice* result,
                         char* scratch, rocksdb::IODebugContext* debug) override {
    auto status = FSSequentialFileOwnerWrapper::Read(count, options, result, scratch, debug);
    if (status.ok()) FlipRead(*flipper_, result, scratch);
    return status;
  }

 private:
  const std::shared_ptr<BitFlipper> flipper_;
};

}  // namespace sluice::storage::testing
