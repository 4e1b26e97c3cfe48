// Whatever the bytes, parsing ends with a schedule or an error, and Next with a later minute.

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "pipe/cron.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto cron = sluice::pipe::Cron::Parse(text);
  if (!cron.ok()) return 0;
  const sluice::WallTime now{std::chrono::seconds(1'800'000'000)};
  const auto next = cron->Next(now);
  SLUICE_CHECK(!next || *next > now);
  return 0;
}
