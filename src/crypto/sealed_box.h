// SealedBox: encryption of secrets at rest.

#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace sluice::crypto {

// Seals texts with XChaCha20-Poly1305 and one key. Immutable; used by any thread. The key is wiped
// at the end.
class SealedBox {
 public:
  static constexpr size_t kKeyBytes = 32;

  // `key` has kKeyBytes bytes (LoadOrCreateKey).
  static Result<SealedBox> FromKey(std::string key);
  SealedBox(SealedBox&& other) noexcept;
  SealedBox& operator=(SealedBox&& other) noexcept;
  SealedBox(const SealedBox&) = delete;
  SealedBox& operator=(const SealedBox&) = delete;
  ~SealedBox();

  // Another text each time. What was sealed for one purpose ("secret/SYSTEM/NAME") opens for no
  // other.
  std::string Seal(std::string_view plain, std::string_view purpose) const;
  // kCorrupt where the key, the purpose or a bit differs.
  Result<std::string> Open(std::string_view sealed, std::string_view purpose) const;

 private:
  explicit SealedBox(std::string key) : key_(std::move(key)) {}
  void Wipe();

  std::string key_;
};

}  // namespace sluice::crypto
