#include "functions/numbers/twos_complement.h"

#include <fmt/format.h>

#include <algorithm>

#include "functions/arguments.h"
#include "value/number.h"

namespace sluice::functions {
namespace {

// Digits are worked on in pieces of 15: 60 bits, which a machine integer holds.
constexpr int kPieceDigits = 15;
constexpr int64_t kPiece = int64_t{1} << 60;

int DigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The hexadecimal digits of an integer that is not negative, at least one.
Result<std::string> MagnitudeDigits(Value integer, Arena& arena) {
  std::string reversed;
  while (integer.IsBigInteger()) {
    SLUICE_TRY(const Value piece,
               Calculate(Operator::kRemainder, integer, Value::Integer(kPiece), arena));
    std::string digits = fmt::format("{:015x}", *piece.AsInteger());
    std::reverse(digits.begin(), digits.end());
    reversed += digits;
    SLUICE_TRY(const Value rest, Calculate(Operator::kMinus, integer, piece, arena));
    SLUICE_TRY(integer, Calculate(Operator::kDivide, rest, Value::Integer(kPiece), arena));
  }
  std::string digits = fmt::format("{:x}", *integer.AsInteger());
  std::reverse(digits.begin(), digits.end());
  reversed += digits;
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

}  // namespace

Result<std::string> ToHexDigits(const Value& integer, Arena& arena) {
  // A decimal digit is worth less than a hexadecimal one.
  if (integer.IsBigInteger() && integer.text().size() > kHexDigitsMax) {
    return TooLarge("an integer", integer.text().size(), kHexDigitsMax);
  }
  // -1 - n has the bits of n turned over, and is not negative where n is.
  const bool negative = Sign(integer) < 0;
  Value magnitude = integer;
  if (negative) {
    SLUICE_TRY(magnitude, Calculate(Operator::kMinus, Value::Integer(-1), integer, arena));
  }
  SLUICE_TRY(std::string digits, MagnitudeDigits(magnitude, arena));
  if (digits.size() % 2 != 0) digits.insert(0, "0");
  if (DigitValue(digits.front()) >= 8) digits.insert(0, "00");
  if (!negative) return digits;
  for (char& digit : digits) digit = "0123456789abcdef"[15 - DigitValue(digit)];
  return digits;
}

Result<std::optional<Value>> ParseHexDigits(std::string_view digits, Arena& arena) {
  if (digits.empty()) return std::optional<Value>();
  if (!std::all_of(digits.begin(), digits.end(), [](char c) { return DigitValue(c) >= 0; })) {
    return std::optional<Value>();
  }
  if (digits.size() > kHexDigitsMax)
    return TooLarge("hexadecimal digits", digits.size(), kHexDigitsMax);
  const bool negative = DigitValue(digits.front()) >= 8;
  Value total = Value::Integer(0);
  while (!digits.empty()) {
    // The first piece is the short one, so that all others weigh the same.
    const size_t taken = (digits.size() - 1) % kPieceDigits + 1;
    int64_t piece = 0;
    for (const char c : digits.substr(0, taken))
      piece = piece * 16 + (negative ? 15 - DigitValue(c) : DigitValue(c));
    digits.remove_prefix(taken);
    SLUICE_TRY(total, Calculate(Operator::kMultiply, total, Value::Integer(kPiece), arena));
    SLUICE_TRY(total, Calculate(Operator::kPlus, total, Value::Integer(piece), arena));
  }
  if (negative) {
    SLUICE_TRY(total, Calculate(Operator::kMinus, Value::Integer(-1), total, arena));
  }
  return std::optional(total);
}

}  // namespace sluice::functions
