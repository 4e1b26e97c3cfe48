// Zip archives, as far as configurations need them: stored and deflated files, in memory.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace sluice::config {

struct ZipFile {
  std::string name;  // With '/' between folders; relative, no "..".
  std::string bytes;
};

// The files of an archive; folder entries are left out. Archives come from outside: names that lead
// outside, encryption, unknown methods, checksums that do not fit, overlapping files and trailing
// rubbish are kBadData; more than limits allow (files, bytes of a file, bytes together) is
// kTooLarge before it is unpacked.
Result<std::vector<ZipFile>> ReadZip(std::string_view archive);

// Deflates where that saves bytes. No times: the same files give the same bytes.
std::string WriteZip(const std::vector<ZipFile>& files);

}  // namespace sluice::config
