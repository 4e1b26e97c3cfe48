// Outbox: an answer on its way from the handler's thread to the connection.

#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "api/request.h"
#include "net/gzip.h"

namespace sluice::api {

// Gathers what the handler writes into buffers; the connection sends one while the handler fills
// the next.
class Outbox final : public Answer {
 public:
  struct Options {
    size_t buffer_bytes = 256 * 1024;
    bool gzip = false;     // The client takes it.
    bool no_body = false;  // HEAD: nothing after the first buffer is made.
  };
  // `ready` is called on the handler's thread when a piece can be taken.
  Outbox(Options options, std::function<void()> ready);

  // What the connection sends next.
  struct Piece {
    std::optional<pipe::EndpointHead> head;  // With the first piece.
    std::string bytes;
    bool last = false;
    bool cut = false;     // HEAD: the body would go on, so its length is not known.
    bool broken = false;  // The handler failed after bytes had left: the connection must break.
  };

  // The handler's side.
  Result<void> Start(const pipe::EndpointHead& head) override;
  Result<void> Write(std::string_view bytes) override;
  // The handler has returned. An error becomes the answer if nothing has left yet.
  void Finish(const Result<void>& result);

  // The connection's side. Take swaps the next piece in, keeping its string's memory in use.
  bool Take(Piece& piece);
  bool ready();
  // The client is gone: Write fails from now on.
  void Break(std::string_view reason);

 private:
  enum class End { kNo, kYes };
  Result<void> HandOver(End end);
  void DecideCompression(End end);

  const Options options_;
  const std::function<void()> ready_;
  // The handler's side.
  bool started_ = false;
  bool decided_ = false;  // About compression.
  pipe::EndpointHead head_;
  std::string buffer_;
  std::string compressed_;
  std::optional<net::Deflater> deflater_;
  bool has_left_ = false;
  bool finished_ = false;
  std::mutex mutex_;  // Guards all below.
  std::condition_variable taken_;
  Piece next_;
  bool has_next_ = false;
  std::optional<std::string> broken_;
};

}  // namespace sluice::api
