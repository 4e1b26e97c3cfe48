// Document: one configuration component as it was uploaded, and parsed, with the places in it.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/error.h"
#include "config/issue.h"
#include "config/parse_text.h"
#include "config/view.h"

namespace sluice::config {

// What a component is: `type` is "pipe", "metadata", or "system:…".
enum class ComponentKind { kPipe, kSystem, kMetadata, kUnknown };
std::string_view ToString(ComponentKind kind);

// One component. Immutable: read by any thread. Views of it live as long as the document.
class Document {
 public:
  // `bytes` is one JSON object. `file` is named in errors. `first_line` is where the bytes begin in
  // that file. A syntax error is kBadConfig; `at` is "FILE:LINE:COLUMN", the message says what was
  // expected and found.
  static Result<std::shared_ptr<const Document>> Parse(std::string bytes, std::string file = {},
                                                       TextPlace start = {});

  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  // The document in another group than it says itself: that of the URL it was uploaded to
  // (api-config-groups.rst).
  static std::shared_ptr<const Document> InGroup(std::shared_ptr<const Document> document,
                                                 std::string_view group);

  // As they came, byte for byte.
  std::string_view bytes() const { return bytes_; }
  const std::string& file() const { return file_; }
  // Strings are not decoded as transit. Floats are doubles; only `bytes` has them as written.
  ConfigView root() const { return ConfigView(root_); }
  // Empty where missing or no string; validation complains.
  std::string_view id() const { return id_; }
  std::string_view type() const { return type_; }
  ComponentKind kind() const { return kind_; }
  // That of InGroup, or else `metadata.$config-group`, or "default" (api-config-groups.rst).
  std::string_view group() const { return group_; }
  // Whether the group is one that InGroup gave.
  bool is_placed_in_group() const { return is_placed_in_group_; }
  // Names that an object has twice, as warnings: the last wins.
  const std::vector<Issue>& parse_warnings() const { return warnings_; }

  // Where the value that a JSON pointer names begins in the file; of a property, its name. Where
  // the pointer leads nowhere, the nearest enclosing value. Reads the text again: for errors only.
  TextPlace Locate(std::string_view pointer) const;

 private:
  Document() = default;

  std::string bytes_;
  std::string file_;
  TextPlace start_;
  Arena arena_;
  Value root_;
  std::string_view id_;
  std::string_view type_;
  std::string group_;
  bool is_placed_in_group_ = false;
  ComponentKind kind_ = ComponentKind::kUnknown;
  std::vector<Issue> warnings_;
};

using Documents = std::vector<std::shared_ptr<const Document>>;

// Documents of a JSON text: an object is one component, an array holds several. Errors as
// Document::Parse; other kinds of JSON are kBadConfig. A byte order mark is skipped.
Result<Documents> ParseDocuments(std::string_view bytes, const std::string& file = {});

}  // namespace sluice::config
