// Terminal: what a command prints. Colours and progress bars only where somebody watches.

#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::server {

enum class Colour { kNone, kRed, kGreen, kYellow, kBold, kDim };

// May be used by several threads.
class Terminal {
 public:
  // Results go to `out`, progress and complaints to `err`. NO_COLOR is honoured.
  static Terminal Standard();
  Terminal(std::FILE* out, std::FILE* err, bool colours, bool progress)
      : out_(out), err_(err), colours_(colours), progress_(progress) {}

  template <class... Args>
  void Print(fmt::format_string<Args...> format, Args&&... args) {
    Write(out_, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void Complain(fmt::format_string<Args...> format, Args&&... args) {
    Write(err_, fmt::format(format, std::forward<Args>(args)...));
  }
  // Bytes as they are, to `out`.
  void PrintRaw(std::string_view bytes) { Write(out_, bytes); }

  std::string Paint(Colour colour, std::string_view text) const;

  // Columns as wide as their widest cell; those that hold numbers only are aligned to the right.
  void PrintTable(const std::vector<std::string>& header,
                  const std::vector<std::vector<std::string>>& rows);

  // One line that is rewritten in place; nothing where nobody watches. `total` 0: not known.
  void Progress(std::string_view what, uint64_t done, uint64_t total);
  void EndProgress();

  bool colours() const { return colours_; }

 private:
  void Write(std::FILE* file, std::string_view text);

  std::FILE* out_;
  std::FILE* err_;
  bool colours_;
  bool progress_;
  bool line_open_ = false;
};

// 1234567 → "1,234,567".
std::string Grouped(uint64_t number);

}  // namespace sluice::server
