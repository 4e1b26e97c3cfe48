// Fuzzes CheckRecord: whatever passes can be used in every way.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "value/json.h"
#include "value/record.h"
#include "value/relations.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  const std::string_view record(reinterpret_cast<const char*>(data), size);
  if (!CheckRecord(record).ok()) return 0;
  const Value value = Decode(record);
  Require(SkipEncoded(record.data()) == record.data() + record.size());
  std::string again;
  Encode(value, again);
  Require(again == record);
  Arena arena;
  Require(Compare(value, CopyInto(value, arena)) == 0);
  std::string key;
  AppendEqualityKey(value, key);
  Require(!Equal(value, value) || EqualityHash(value) == EqualityHash(CopyInto(value, arena)));
  const auto text = ToJson(value);
  std::string parsed;
  Require(JsonParser().Parse(text, parsed).ok());
  if (value.IsDict()) {
    std::string stored;
    EncodeForDataset(value, stored);
    Require(CheckRecord(stored).ok());
    Require(IdentityHash(value) == IdentityHashOfRecord(stored));
  }
  return 0;
}
