#include "pipe/dataset_positions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace sluice::pipe {
namespace {

constexpr std::string_view kMark = "u";

Error Unreadable(std::string_view text) {
  return MakeError(Code::kBadRequest,
                   "the since-value of a source of several datasets is a text that it gave before "
                   "(\"u.1f-9c0fa1b2-a7\"), found \"{}\"",
                   text);
}

bool IsHex(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

// "ef4240": the letter says that 5 digits follow.
std::optional<storage::Offset> ParseOffset(std::string_view text) {
  if (text.size() < 2 || text.size() > DatasetPositions::kOffsetTextMax) return std::nullopt;
  const std::string_view digits = text.substr(1);
  if (text.front() != static_cast<char>('a' + digits.size() - 1) || !IsHex(digits)) {
    return std::nullopt;
  }
  storage::Offset offset = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), offset, 16);
  return parsed.ec == std::errc() ? std::optional(offset) : std::nullopt;
}

std::optional<DatasetPosition> ParsePosition(std::string_view text) {
  const size_t dash = text.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view incarnation = text.substr(0, dash);
  const size_t middle = incarnation.find('-');
  if (middle == std::string_view::npos || !IsHex(incarnation.substr(0, middle)) ||
      !IsHex(incarnation.substr(middle + 1))) {
    return std::nullopt;
  }
  const auto next = ParseOffset(text.substr(dash + 1));
  if (!next) return std::nullopt;
  return DatasetPosition{.incarnation = std::string(incarnation), .next = *next};
}

}  // namespace

std::string ShortIncarnation(const storage::DatasetInfo& info) {
  const auto& uuid = info.uuid;
  return fmt::format("{:x}-{:02x}{:02x}{:02x}{:02x}", info.number, uuid[0], uuid[1], uuid[2],
                     uuid[3]);
}

Result<DatasetPositions> DatasetPositions::Parse(const Value& since) {
  DatasetPositions positions;
  if (since.IsNull()) return positions;
  const auto text = since.AsString();
  if (!text) return Unreadable(ToString(since.kind()));
  if (!text->starts_with(kMark)) return Unreadable(*text);
  std::string_view rest = text->substr(kMark.size());
  while (!rest.empty()) {
    if (rest.front() != '.') return Unreadable(*text);
    rest.remove_prefix(1);
    const std::string_view part = rest.substr(0, rest.find('.'));
    auto position = ParsePosition(part);
    if (!position) return Unreadable(*text);
    positions.Add(std::move(*position));
    rest.remove_prefix(part.size());
  }
  return positions;
}

storage::Offset DatasetPositions::NextIn(std::string_view incarnation) const {
  for (const DatasetPosition& position : positions_) {
    if (position.incarnation == incarnation) return position.next;
  }
  return 0;
}

bool DatasetPositions::AtBeginning() const {
  return std::ranges::all_of(positions_, [](const auto& position) { return position.next == 0; });
}

std::string DatasetPositions::Text() const {
  if (positions_.empty()) return std::string(kMark);
  char buffer[kOffsetTextMax];
  std::string text = TextBefore(0);
  text += OffsetText(positions_[0].next, buffer);
  return text + TextAfter(0);
}

std::string DatasetPositions::TextBefore(size_t i) const {
  char buffer[kOffsetTextMax];
  std::string text(kMark);
  for (size_t k = 0; k <= i; ++k) {
    text += '.';
    text += positions_[k].incarnation;
    text += '-';
    if (k < i) text += OffsetText(positions_[k].next, buffer);
  }
  return text;
}

std::string DatasetPositions::TextAfter(size_t i) const {
  char buffer[kOffsetTextMax];
  std::string text;
  for (size_t k = i + 1; k < positions_.size(); ++k) {
    text += '.';
    text += positions_[k].incarnation;
    text += '-';
    text += OffsetText(positions_[k].next, buffer);
  }
  return text;
}

std::string_view DatasetPositions::OffsetText(storage::Offset next,
                                              std::span<char, kOffsetTextMax> buffer) {
  char* const digits = buffer.data() + 1;
  const auto end = std::to_chars(digits, buffer.data() + buffer.size(), next, 16).ptr;
  buffer[0] = static_cast<char>('a' + (end - digits) - 1);
  return {buffer.data(), static_cast<size_t>(end - buffer.data())};
}

}  // namespace sluice::pipe
