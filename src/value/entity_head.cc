#include "value/dataset_records.h"
#include "value/encoding.h"
#include "value/record.h"

namespace sluice {

EntityHead ReadEntityHead(std::string_view record) {
  EntityHead head;
  if (record.empty() || !encoding::IsDictTag(encoding::TagAt(record.data()))) return head;
  const char* at = record.data() + encoding::kHeaderBytes;
  for (uint32_t left = encoding::Count(record.data()); left != 0; --left) {
    const auto name = encoding::ReadText(at);
    const Tag tag = encoding::TagAt(at);
    const char* const next = encoding::Skip(at);
    if (!name.empty() && name[0] == '_') {
      if (name == "_id") {
        // More than the tag and a length of zero.
        head.has_id = tag == Tag::kString && next - at > 2;
      } else if (name == "_deleted") {
        head.deleted = tag == Tag::kTrue;
      } else if (name == "_updated") {
        head.has_updated = tag != Tag::kNull;
      }
    }
    at = next;
  }
  return head;
}

}  // namespace sluice
