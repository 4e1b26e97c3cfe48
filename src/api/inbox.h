// Inbox: the body of a request on its way from the connection to the handler's thread.

#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "base/stop.h"

namespace sluice::api {

// A ring of bytes: the connection writes into it while the handler reads what is there, so that
// network and parsing overlap. One thread on either side.
class Inbox {
 public:
  // `space_freed` is called on the handler's thread when the connection waits for space.
  Inbox(size_t bytes, std::function<void()> space_freed);

  // The connection's side. Space gives where to write; empty: full, and space_freed will be called.
  std::span<char> Space();
  void Fill(size_t bytes);
  void End();
  // The rest does not come; the handler sees this after what has come.
  void Fail(Error error);
  size_t size();

  // The handler's side: bytes that are valid until the next call; empty at the end. Blocks.
  Result<std::string_view> Read(const Stop& stop);

 private:
  const size_t capacity_;
  const std::unique_ptr<char[]> ring_;
  const std::function<void()> space_freed_;
  std::mutex mutex_;  // Guards all below.
  std::condition_variable_any filled_;
  size_t start_ = 0;  // The first byte that is not free: lent to the handler, or waiting for it.
  size_t size_ = 0;   // Bytes from there on that are not free.
  size_t lent_ = 0;   // Of these, what the handler holds.
  bool ended_ = false;
  bool space_wanted_ = false;
  std::optional<Error> failure_;
};

}  // namespace sluice::api
