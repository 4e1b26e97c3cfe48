// Whatever the bytes: documents parse or fail with a place, an effective configuration is made,
// places are found.

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "config/validate.h"

namespace {

const char* const kVariables =
    R"({"a": "text", "b": 7, "c": [{"type": "dtl"}], "d": {"type": "csv"}})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::config;  // NOLINT: a program of its own.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto documents = ParseDocuments(text, "f");
  if (!documents.ok()) {
    SLUICE_CHECK(documents.error().at.starts_with("f:"));
    return 0;
  }
  const auto checked = CheckConfiguration(*documents, Environment::Parse(kVariables).value());
  SLUICE_CHECK(checked.components().size() == documents->size());
  for (const CheckedComponent& component : checked.components()) {
    for (const Issue& issue : component.issues) {
      SLUICE_CHECK(!IssueText(*component.document, issue).empty());
    }
  }
  SLUICE_CHECK(!ValidationErrorsJson(checked.components()).empty());
  return 0;
}
