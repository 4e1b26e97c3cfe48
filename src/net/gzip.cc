#include "net/gzip.h"

#include <zlib.h>

#include <algorithm>

#include "base/check.h"

namespace sluice::net {
namespace {

constexpr size_t kPieceBytes = 64 * 1024;
constexpr uInt kInputMax = 1U << 30;  // zlib counts input in 32 bits.
constexpr int kWindowBits = 15;
constexpr int kGzip = 16;
constexpr int kGzipOrZlib = 32;

Bytef* AsInput(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib does not write to it.
}

}  // namespace

struct Inflater::State {
  z_stream stream{};
  std::string_view input;
  std::string piece = std::string(kPieceBytes, '\0');
  uint64_t bytes_max = 0;
  uint64_t bytes = 0;
  bool at_member_end = false;  // Between members, or behind the last one.

  State() { SLUICE_CHECK(inflateInit2(&stream, kWindowBits + kGzipOrZlib) == Z_OK); }
  ~State() { inflateEnd(&stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // Skips zero bytes, which may pad the end of a stream, and begins the next member.
  bool BeginMember() {
    const size_t start = input.find_first_not_of('\0');
    input = start == std::string_view::npos ? std::string_view() : input.substr(start);
    if (input.empty()) return false;
    SLUICE_CHECK(inflateReset(&stream) == Z_OK);
    at_member_end = false;
    return true;
  }

  Result<std::string_view> Step() {
    const auto given = static_cast<uInt>(std::min<size_t>(input.size(), kInputMax));
    stream.next_in = AsInput(input);
    stream.avail_in = given;
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = kPieceBytes;
    const int code = inflate(&stream, Z_NO_FLUSH);
    input.remove_prefix(given - stream.avail_in);
    const size_t made = kPieceBytes - stream.avail_out;
    bytes += made;
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
      return MakeError(Code::kBadData,
                       "expected gzip data, found something else after {} unpacked bytes ({})",
                       bytes, stream.msg != nullptr ? stream.msg : "no reason given");
    }
    if (bytes_max != 0 && bytes > bytes_max) {
      return MakeError(Code::kTooLarge, "expected at most {} bytes after unpacking, found more",
                       bytes_max);
    }
    if (code == Z_STREAM_END) at_member_end = true;
    return std::string_view(piece.data(), made);
  }
};

Inflater::Inflater(uint64_t bytes_max) : state_(std::make_unique<State>()) {
  state_->bytes_max = bytes_max;
}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

void Inflater::Feed(std::string_view bytes) { state_->input = bytes; }

Result<std::string_view> Inflater::Next() {
  while (true) {
    if (state_->at_member_end && !state_->BeginMember()) return std::string_view();
    const bool had_input = !state_->input.empty();
    SLUICE_TRY(auto piece, state_->Step());
    if (!piece.empty()) return piece;
    if (!had_input) return std::string_view();
  }
}

Result<void> Inflater::Finish() const {
  if (state_->at_member_end) return {};
  return MakeError(Code::kBadData, "expected more gzip data, found its end after {} unpacked bytes",
                   state_->bytes);
}

struct Deflater::State {
  z_stream stream{};

  explicit State(int level) {
    SLUICE_CHECK(deflateInit2(&stream, level, Z_DEFLATED, kWindowBits + kGzip, 8,
                              Z_DEFAULT_STRATEGY) == Z_OK);
  }
  ~State() { deflateEnd(&stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void Step(int flush, std::string& out) {
    do {
      const size_t size = out.size();
      out.resize(size + kPieceBytes);
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + size);
      stream.avail_out = kPieceBytes;
      SLUICE_CHECK(deflate(&stream, flush) != Z_STREAM_ERROR);
      out.resize(size + kPieceBytes - stream.avail_out);
    } while (stream.avail_out == 0);
  }
};

Deflater::Deflater(int level) : state_(std::make_unique<State>(level)) {}
Deflater::~Deflater() = default;
Deflater::Deflater(Deflater&&) noexcept = default;
Deflater& Deflater::operator=(Deflater&&) noexcept = default;

void Deflater::Write(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    const auto given = static_cast<uInt>(std::min<size_t>(bytes.size(), kInputMax));
    state_->stream.next_in = AsInput(bytes);
    state_->stream.avail_in = given;
    state_->Step(Z_NO_FLUSH, out);
    bytes.remove_prefix(given);
  }
}

void Deflater::Finish(std::string& out) {
  state_->stream.next_in = nullptr;
  state_->stream.avail_in = 0;
  state_->Step(Z_FINISH, out);
}

std::string Gzip(std::string_view text) {
  Deflater deflater;
  std::string packed;
  deflater.Write(text, packed);
  deflater.Finish(packed);
  return packed;
}

Result<std::string> Gunzip(std::string_view packed, uint64_t bytes_max) {
  Inflater inflater(bytes_max);
  inflater.Feed(packed);
  std::string text;
  while (true) {
    SLUICE_TRY(auto piece, inflater.Next());
    if (piece.empty()) break;
    text += piece;
  }
  SLUICE_TRY(inflater.Finish());
  return text;
}

}  // namespace sluice::net
