#include "config/document.h"

#include "base/check.h"
#include "base/limits.h"

namespace sluice::config {
namespace {

ComponentKind KindOf(std::string_view type) {
  if (type == "pipe") return ComponentKind::kPipe;
  if (type == "metadata") return ComponentKind::kMetadata;
  if (type.starts_with("system:")) return ComponentKind::kSystem;
  return ComponentKind::kUnknown;
}

}  // namespace

std::string_view ToString(ComponentKind kind) {
  switch (kind) {
    case ComponentKind::kPipe:
      return "pipe";
    case ComponentKind::kSystem:
      return "system";
    case ComponentKind::kMetadata:
      return "metadata";
    case ComponentKind::kUnknown:
      return "unknown";
  }
  return {};
}

Result<std::shared_ptr<const Document>> Document::Parse(std::string bytes, std::string file,
                                                        TextPlace start) {
  if (bytes.size() > limits::kConfigDocumentBytesMax) {
    return MakeError(Code::kTooLarge, "{}: a component has at most {} bytes, found {}", file,
                     limits::kConfigDocumentBytesMax, bytes.size());
  }
  std::shared_ptr<Document> document(new Document());
  document->bytes_ = std::move(bytes);
  document->file_ = std::move(file);
  document->start_ = start;
  SLUICE_TRY(const ParsedText parsed, ParseText(WithoutByteOrderMark(document->bytes_),
                                                document->file_, start, document->arena_));
  document->root_ = parsed.root;
  if (!document->root_.IsDict()) {
    return PlacedError(document->file_, start,
                       fmt::format("expected a component, which is an object, found {}",
                                   document->root().Describe()));
  }
  for (const DuplicateName& duplicate : parsed.duplicates) {
    const std::string name = duplicate.pointer.substr(duplicate.pointer.rfind('/') + 1);
    document->warnings_.push_back(
        {Level::kWarning,
         duplicate.pointer,
         fmt::format("\"{}\" is here more than once; the last one counts", name),
         {}});
  }
  document->id_ = document->root_.Find("_id").AsString().value_or("");
  document->type_ = document->root_.Find("type").AsString().value_or("");
  document->kind_ = KindOf(document->type_);
  // The short form of a pipe needs no type (deprecations.rst).
  if (document->type_.empty() && document->root_.Has("short_config")) {
    document->kind_ = ComponentKind::kPipe;
  }
  document->group_ =
      document->root_.Find("metadata").Find("$config-group").AsString().value_or("default");
  return std::shared_ptr<const Document>(std::move(document));
}

std::shared_ptr<const Document> Document::InGroup(std::shared_ptr<const Document> document,
                                                  std::string_view group) {
  if (document->group() == group) return document;
  auto copy = Parse(document->bytes_, document->file_, document->start_);
  // What was parsed once is parsed again.
  SLUICE_CHECK(copy.ok());
  std::shared_ptr<Document> placed = std::const_pointer_cast<Document>(std::move(copy).value());
  placed->group_ = group;
  placed->is_placed_in_group_ = true;
  return placed;
}

TextPlace Document::Locate(std::string_view pointer) const {
  const std::string_view text = WithoutByteOrderMark(bytes_);
  TextPlace place = AdvancePlace(start_, text.substr(0, LocateInText(text, pointer)));
  place.offset += bytes_.size() - text.size();
  return place;
}

Result<Documents> ParseDocuments(std::string_view bytes, const std::string& file) {
  bytes = WithoutByteOrderMark(bytes);
  const size_t first = bytes.find_first_not_of(" \t\r\n");
  Documents documents;
  if (first == std::string_view::npos || bytes[first] != '[') {
    SLUICE_TRY(auto document, Document::Parse(std::string(bytes), file));
    documents.push_back(std::move(document));
    return documents;
  }
  const CheckedText checked = CheckJsonText(bytes);
  if (checked.error) {
    return PlacedError(file, AdvancePlace({}, bytes.substr(0, checked.error->offset)),
                       checked.error->message);
  }
  TextPlace place;
  for (const TextRange& item : ArrayItems(bytes)) {
    if (documents.size() == limits::kPipesMax) {
      return MakeError(Code::kTooLarge, "{}: more than {} components", file, limits::kPipesMax);
    }
    place = AdvancePlace(place, bytes.substr(place.offset, item.begin - place.offset));
    const std::string_view text = bytes.substr(item.begin, item.end - item.begin);
    SLUICE_TRY(auto document, Document::Parse(std::string(text), file, place));
    documents.push_back(std::move(document));
  }
  return documents;
}

}  // namespace sluice::config
