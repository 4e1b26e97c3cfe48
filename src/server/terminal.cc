#include "server/terminal.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace sluice::server {
namespace {

constexpr uint64_t kBarCharacters = 30;

size_t WidthOf(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

bool IsNumber(std::string_view text) {
  return text.find_first_not_of("0123456789,.-") == std::string_view::npos;
}

}  // namespace

Terminal Terminal::Standard() {
  const bool colours = isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  return Terminal(stdout, stderr, colours, isatty(STDERR_FILENO) != 0);
}

std::string Terminal::Paint(Colour colour, std::string_view text) const {
  if (!colours_ || colour == Colour::kNone) return std::string(text);
  const char* code = "";
  switch (colour) {
    case Colour::kNone:
      break;
    case Colour::kRed:
      code = "31";
      break;
    case Colour::kGreen:
      code = "32";
      break;
    case Colour::kYellow:
      code = "33";
      break;
    case Colour::kBold:
      code = "1";
      break;
    case Colour::kDim:
      code = "2";
      break;
  }
  return fmt::format("\033[{}m{}\033[0m", code, text);
}

void Terminal::PrintTable(const std::vector<std::string>& header,
                          const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  std::vector<bool> numbers(header.size(), true);
  for (const auto& title : header) widths.push_back(WidthOf(title));
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], WidthOf(row[i]));
      numbers[i] = numbers[i] && IsNumber(row[i]);
    }
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string padding(widths[i] - WidthOf(cells[i]), ' ');
      if (i > 0) text += "  ";
      if (numbers[i]) text += padding;
      text += cells[i];
      if (!numbers[i] && i + 1 < cells.size()) text += padding;
    }
    return text;
  };
  Print("{}\n", Paint(Colour::kBold, line(header)));
  for (const auto& row : rows) Print("{}\n", line(row));
}

void Terminal::Progress(std::string_view what, uint64_t done, uint64_t total) {
  if (!progress_) return;
  if (total == 0) {
    Write(err_, fmt::format("\r\033[K{} {}", what, Grouped(done)));
  } else {
    const auto filled = std::min(kBarCharacters, kBarCharacters * done / total);
    Write(err_,
          fmt::format("\r\033[K{} [{}{}] {} of {}", what, std::string(filled, '#'),
                      std::string(kBarCharacters - filled, ' '), Grouped(done), Grouped(total)));
  }
  line_open_ = true;
}

void Terminal::EndProgress() {
  if (line_open_) Write(err_, "\r\033[K");
  line_open_ = false;
}

void Terminal::Write(std::FILE* file, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file);  // stdio locks the file itself.
  std::fflush(file);
}

std::string Grouped(uint64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<int>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<size_t>(at), ",");
  return text;
}

}  // namespace sluice::server
