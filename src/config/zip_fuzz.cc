// Whatever the bytes: reading an archive ends, and what was read can be written and read again.

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "config/zip.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sluice::config::ReadZip;
  const auto files = ReadZip(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!files.ok()) return 0;
  const auto again = ReadZip(sluice::config::WriteZip(*files));
  SLUICE_CHECK(again.ok() && again->size() == files->size());
  for (size_t i = 0; i < files->size(); ++i) {
    SLUICE_CHECK((*again)[i].name == (*files)[i].name && (*again)[i].bytes == (*files)[i].bytes);
  }
  return 0;
}
