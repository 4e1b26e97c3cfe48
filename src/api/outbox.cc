#include "api/outbox.h"

#include <utility>

#include "api/problem.h"
#include "base/check.h"
#include "net/media_type.h"

namespace sluice::api {
namespace {

// Below this, compressing costs more than it saves.
constexpr size_t kCompressedBytesMin = 1400;
constexpr int kLevel = 1;

bool IsCompressible(std::string_view content_type) {
  const std::string type = net::ParseMediaType(content_type).type;
  return type.starts_with("text/") || net::IsJson(type) || type.ends_with("xml") ||
         type == "application/javascript" || type == "application/n-triples" ||
         type == "application/x-ndjson";
}

}  // namespace

Outbox::Outbox(Options options, std::function<void()> ready)
    : options_(options), ready_(std::move(ready)) {}

Result<void> Outbox::Start(const pipe::EndpointHead& head) {
  SLUICE_CHECK(!std::exchange(started_, true));
  head_ = head;
  return {};
}

Result<void> Outbox::Write(std::string_view bytes) {
  SLUICE_CHECK(started_);
  buffer_ += bytes;
  if (buffer_.size() < options_.buffer_bytes) return {};
  return HandOver(End::kNo);
}

void Outbox::DecideCompression(End end) {
  if (std::exchange(decided_, true)) return;
  const bool is_small = end == End::kYes && buffer_.size() < kCompressedBytesMin;
  if (!IsCompressible(head_.content_type)) return;
  head_.headers.emplace_back("Vary", "Accept-Encoding");
  if (!options_.gzip || is_small) return;
  head_.headers.emplace_back("Content-Encoding", "gzip");
  deflater_.emplace(kLevel);
}

Result<void> Outbox::HandOver(End end) {
  DecideCompression(end);
  const bool is_last = end == End::kYes;
  if (deflater_) {
    deflater_->Write(buffer_, compressed_);
    if (is_last) deflater_->Finish(compressed_);
    buffer_.clear();
    if (!is_last && compressed_.size() < options_.buffer_bytes) return {};
    std::swap(buffer_, compressed_);
  }
  {
    std::unique_lock lock(mutex_);
    taken_.wait(lock, [&] { return !has_next_ || broken_; });
    if (broken_) return MakeError(Code::kIo, "{}", *broken_);
    std::swap(next_.bytes, buffer_);
    buffer_.clear();
    if (!has_left_) next_.head = std::move(head_);
    next_.last = is_last;
    has_next_ = true;
    if (!has_left_ && options_.no_body && !is_last) {
      broken_ = "the client asked for the head only";
      next_.last = true;
      next_.cut = true;
    }
  }
  has_left_ = true;
  ready_();
  return {};
}

void Outbox::Finish(const Result<void>& result) {
  SLUICE_CHECK(!std::exchange(finished_, true));
  if (!result.ok() && !has_left_) {
    const Problem problem = ToProblem(result.error());
    head_ = pipe::EndpointHead{.status = problem.status, .headers = problem.headers};
    deflater_.reset();
    decided_ = false;
    compressed_.clear();
    buffer_ = problem.ToJson();
  } else if (!result.ok()) {
    {
      std::unique_lock lock(mutex_);
      taken_.wait(lock, [&] { return !has_next_ || broken_; });
      if (broken_) return;
      next_.broken = true;
      has_next_ = true;
    }
    ready_();
    return;
  } else if (!started_) {
    head_ = pipe::EndpointHead{};
    buffer_ = "{}";
  }
  // An error means that the client is gone, and there is nobody to tell.
  (void)HandOver(End::kYes);
}

bool Outbox::Take(Piece& piece) {
  std::lock_guard lock(mutex_);
  if (!has_next_) return false;
  piece.head = std::exchange(next_.head, std::nullopt);
  std::swap(piece.bytes, next_.bytes);
  next_.bytes.clear();
  piece.last = next_.last;
  piece.cut = next_.cut;
  piece.broken = next_.broken;
  has_next_ = false;
  taken_.notify_one();
  return true;
}

bool Outbox::ready() {
  std::lock_guard lock(mutex_);
  return has_next_;
}

void Outbox::Break(std::string_view reason) {
  std::lock_guard lock(mutex_);
  if (!broken_) broken_ = std::string(reason);
  taken_.notify_one();
}

}  // namespace sluice::api
