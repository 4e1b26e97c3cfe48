// Writing records piece by piece. For the files of value/ only.

#pragma once

#include "value/encoding.h"

namespace sluice::encoding {

// Appends the header of a list or dict and gives the place where its body starts.
size_t BeginContainer(Tag tag, Buffer& out);
// Fills in the header of the container whose body starts at `body` and ends here.
void EndContainer(size_t body, uint32_t count, Buffer& out);
void PutName(std::string_view name, Buffer& out);
// Writes the record of a value that is held inline, at most 13 bytes, and gives its end.
char* WriteInline(const Value& value, char* to);
// Appends the record of a value.
void Put(const Value& value, Buffer& out);

// Appends the record of an entity as a dataset stores it (EncodeForDataset).
void PutForDataset(const Value& dict, Buffer& out);

}  // namespace sluice::encoding
