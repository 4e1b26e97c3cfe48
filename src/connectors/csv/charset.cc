#include "connectors/csv/charset.h"

#include <fmt/core.h>
#include <iconv.h>

#include <cerrno>

#include "base/check.h"

namespace sluice::connectors {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// iconv knows most names; these are Python's for what it calls otherwise.
std::string IconvName(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    plain += c == '_' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  if (plain == "utf8" || plain == "utf-8-sig" || plain == "u8") return "utf-8";
  if (plain == "latin-1" || plain == "l1" || plain == "iso8859-1") return "iso-8859-1";
  if (plain.starts_with("iso8859-")) return "iso-8859-" + plain.substr(8);
  if (plain.starts_with("windows-")) return "cp" + plain.substr(8);
  // Python has a dash before the order of the bytes.
  for (const char* order : {"-le", "-be"}) {
    if (plain.starts_with("utf-") && plain.ends_with(order))
      return plain.erase(plain.size() - 3, 1);
  }
  if (plain == "mac-roman") return "macintosh";
  return plain;
}

class Iconv {
 public:
  static Result<Iconv> Open(const std::string& to, const std::string& from,
                            std::string_view shown) {
    // Options such as //IGNORE are iconv's own and hide errors.
    const bool plain = shown.find('/') == std::string_view::npos && !shown.empty();
    iconv_t handle = plain ? iconv_open(to.c_str(), from.c_str()) : reinterpret_cast<iconv_t>(-1);
    if (handle == reinterpret_cast<iconv_t>(-1)) {
      return MakeError(Code::kBadConfig, "expected the name of an encoding, found \"{}\"", shown);
    }
    return Iconv(handle);
  }
  ~Iconv() {
    if (handle_ != nullptr) iconv_close(handle_);
  }
  Iconv(Iconv&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Iconv& operator=(Iconv&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }

  // Converts from the front of `text` as far as it goes, and says why it stopped: 0, EILSEQ or
  // EINVAL.
  int Convert(std::string_view& text, std::string& out) {
    while (true) {
      char piece[4096];
      char* to = piece;
      size_t room = sizeof piece;
      char* from = const_cast<char*>(text.data());  // iconv does not write to it.
      size_t left = text.size();
      const size_t result = iconv(handle_, &from, &left, &to, &room);
      const int problem = result == static_cast<size_t>(-1) ? errno : 0;
      out.append(piece, sizeof piece - room);
      text.remove_prefix(text.size() - left);
      if (problem != E2BIG) return problem;
    }
  }

 private:
  explicit Iconv(iconv_t handle) : handle_(handle) {}
  iconv_t handle_;
};

// The bytes of a unit that is skipped where it is no character.
size_t UnitBytes(const std::string& name) {
  if (name.starts_with("utf-16") || name.starts_with("ucs-2")) return 2;
  return name.starts_with("utf-32") || name.starts_with("ucs-4") ? 4 : 1;
}

size_t CharacterBytes(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

uint32_t CodePoint(std::string_view character) {
  const auto byte = [&](size_t i) {
    return static_cast<uint32_t>(static_cast<unsigned char>(character[i]));
  };
  switch (character.size()) {
    case 1:
      return byte(0);
    case 2:
      return (byte(0) & 0x1f) << 6 | (byte(1) & 0x3f);
    case 3:
      return (byte(0) & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
    default:
      return (byte(0) & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 |
             (byte(3) & 0x3f);
  }
}

}  // namespace

struct CharsetDecoder::State {
  Iconv iconv;
  std::string name;
  OnError on_error;
  std::string waiting;   // A character that was cut.
  uint64_t bytes = 0;    // Before `waiting`.
  bool started = false;  // Something came out: no byte order mark can follow.

  Error Bad(std::string_view at) const {
    return MakeError(
        Code::kBadData, "byte {}: expected {} text, found the byte 0x{:02x}; see \"encoding\"",
        bytes, name,
        static_cast<unsigned>(static_cast<unsigned char>(at.empty() ? '\0' : at.front())));
  }

  Result<void> Run(std::string_view text, bool last, std::string& out) {
    while (!text.empty()) {
      const size_t before = text.size();
      const int problem = iconv.Convert(text, out);
      bytes += before - text.size();
      if (problem == 0) break;
      if (problem == EINVAL && !last) break;
      if (on_error == OnError::kStrict) return Bad(text);
      out += kReplacement;
      const size_t skipped = std::min(UnitBytes(name), text.size());
      text.remove_prefix(skipped);
      bytes += skipped;
    }
    waiting = text;
    return {};
  }

  Result<void> Step(std::string_view text, bool last, std::string& out) {
    const size_t start = out.size();
    std::string joined;
    if (!waiting.empty()) {
      joined = std::move(waiting) + std::string(text);
      waiting.clear();
      text = joined;
    }
    auto result = Run(text, last, out);
    if (!started && out.size() > start) {
      started = true;
      if (out.compare(start, kByteOrderMark.size(), kByteOrderMark) == 0)
        out.erase(start, kByteOrderMark.size());
    }
    return result;
  }
};

CharsetDecoder::CharsetDecoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
CharsetDecoder::~CharsetDecoder() = default;
CharsetDecoder::CharsetDecoder(CharsetDecoder&&) noexcept = default;
CharsetDecoder& CharsetDecoder::operator=(CharsetDecoder&&) noexcept = default;

Result<CharsetDecoder> CharsetDecoder::Open(std::string_view name, OnError on_error) {
  const std::string plain = IconvName(name);
  SLUICE_TRY(Iconv iconv, Iconv::Open("utf-8", plain, name));
  return CharsetDecoder(
      std::unique_ptr<State>(new State{std::move(iconv), plain, on_error, {}, 0, false}));
}

Result<void> CharsetDecoder::Decode(std::string_view bytes, std::string& out) {
  return state_->Step(bytes, false, out);
}
Result<void> CharsetDecoder::Finish(std::string& out) { return state_->Step({}, true, out); }

struct CharsetEncoder::State {
  Iconv iconv;
  bool is_utf8;
  bool is_unicode;
  OnError on_error;

  std::string Substitute(std::string_view character) const {
    const uint32_t code = CodePoint(character);
    switch (on_error) {
      case OnError::kIgnore:
        return {};
      case OnError::kReplace:
        return is_unicode ? std::string(kReplacement) : "?";
      case OnError::kXmlReference:
        return fmt::format("&#{};", code);
      case OnError::kBackslash:
        break;
    }
    if (code < 0x100) return fmt::format("\\x{:02x}", code);
    return code < 0x10000 ? fmt::format("\\u{:04x}", code) : fmt::format("\\U{:08x}", code);
  }
};

CharsetEncoder::CharsetEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
CharsetEncoder::~CharsetEncoder() = default;
CharsetEncoder::CharsetEncoder(CharsetEncoder&&) noexcept = default;
CharsetEncoder& CharsetEncoder::operator=(CharsetEncoder&&) noexcept = default;

Result<CharsetEncoder> CharsetEncoder::Open(std::string_view name, OnError on_error) {
  const std::string plain = IconvName(name);
  SLUICE_TRY(Iconv iconv, Iconv::Open(plain, "utf-8", name));
  return CharsetEncoder(std::unique_ptr<State>(
      new State{std::move(iconv), plain == "utf-8",
                plain.starts_with("utf-") || plain.starts_with("ucs-"), on_error}));
}

void CharsetEncoder::Encode(std::string_view text, std::string& out) {
  if (state_->is_utf8) {
    out += text;
    return;
  }
  while (!text.empty()) {
    if (state_->iconv.Convert(text, out) == 0) return;
    const std::string_view character = text.substr(0, CharacterBytes(text.front()));
    text.remove_prefix(character.size());
    const std::string substitute = state_->Substitute(character);
    std::string_view left = substitute;
    state_->iconv.Convert(left, out);  // ASCII, or a character that every Unicode encoding has.
  }
}

}  // namespace sluice::connectors
