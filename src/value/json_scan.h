// Looking at JSON text byte by byte, where the structural index cannot help. For the files of
// value/ only.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::json {

// 3 if the text starts with UTF-8's byte order mark, else 0.
size_t ByteOrderMarkBytes(std::string_view text);

struct BrokenByte {
  size_t offset = 0;
  std::string message;
};
// The first byte for which StructuralIndex refuses a text: no UTF-8, a control character in a
// string, or the quote of a string that is not closed.
BrokenByte FindBrokenByte(std::string_view text);

// Finds where values that lie side by side end, piece by piece.
class ItemScanner {
 public:
  // Looks at the next bytes.
  void Scan(std::string_view bytes);
  // The same, but stops behind the first value that ends; gives the number of bytes looked at.
  size_t ScanToEnd(std::string_view bytes);
  // Bytes up to which all values are whole; 0 if none is.
  size_t whole_bytes() const { return whole_; }

 private:
  void Look(char c);

  size_t seen_ = 0;
  size_t whole_ = 0;
  size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace sluice::json
