// SLUICE_CHECK: what only our own mistake can cause; on in release builds too.

#pragma once

namespace sluice {

[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace sluice

#define SLUICE_CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::sluice::CheckFailed(#condition, __FILE__, __LINE__))
