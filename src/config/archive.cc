// Uploads and archives of components.

#include <algorithm>

#include "config/project.h"
#include "config/zip.h"

namespace sluice::config {
namespace {

constexpr std::string_view kSuffix = ".conf.json";

// What systems leave behind when they pack a folder.
bool IsLeftover(std::string_view name) {
  return name.starts_with("__MACOSX/") || name.substr(name.rfind('/') + 1).starts_with('.');
}

std::string NameOf(const Document& document) {
  switch (document.kind()) {
    case ComponentKind::kMetadata:
      return "node-metadata.conf.json";
    case ComponentKind::kPipe:
      return fmt::format("pipes/{}{}", document.id(), kSuffix);
    default:
      return fmt::format("systems/{}{}", document.id(), kSuffix);
  }
}

// An id from a forced upload may hold what no file name may.
std::string SafeName(std::string name) {
  const size_t folder = name.find('/');
  for (size_t i = folder == std::string::npos ? 0 : folder + 1; i < name.size(); ++i) {
    if (std::string_view("/\\:").find(name[i]) != std::string_view::npos || name[i] == '\0') {
      name[i] = '_';
    }
  }
  return name;
}

}  // namespace

Result<Upload> ParseUpload(std::string_view bytes) {
  Upload upload;
  if (!bytes.starts_with("PK")) {
    SLUICE_TRY(upload.documents, ParseDocuments(bytes));
    return upload;
  }
  SLUICE_TRY(const auto files, ReadZip(bytes));
  for (const ZipFile& file : files) {
    if (IsLeftover(file.name)) continue;
    if (!file.name.ends_with(kSuffix)) {
      Error error = MakeError(Code::kBadConfig, "expected files named *{} only, found \"{}\"",
                              kSuffix, file.name);
      error.at = file.name;
      upload.issues.push_back({file.name, std::move(error)});
      continue;
    }
    auto documents = ParseDocuments(file.bytes, file.name);
    if (!documents.ok()) {
      upload.issues.push_back({file.name, documents.error()});
      continue;
    }
    upload.documents.insert(upload.documents.end(), documents->begin(), documents->end());
  }
  return upload;
}

std::string WriteArchive(const Documents& documents) {
  std::vector<ZipFile> files;
  files.reserve(documents.size());
  for (const auto& document : documents) {
    files.push_back({SafeName(NameOf(*document)), std::string(document->bytes())});
  }
  std::stable_sort(files.begin(), files.end(),
                   [](const ZipFile& a, const ZipFile& b) { return a.name < b.name; });
  return WriteZip(files);
}

}  // namespace sluice::config
