#include "config/project.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/limits.h"
#include "config/parse_text.h"
#include "config/read_file.h"
#include "value/json.h"

namespace sluice::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kComponentSuffix = ".conf.json";
constexpr std::string_view kProfileSuffix = "-env.json";
constexpr std::string_view kTestSuffix = ".test.json";
constexpr int kFolderDepthMax = 16;  // Deeper is a loop of links rather than a project.

// Values of `.jinja_vars`, put in for {{@ name @}} when a file is read, as the client does on
// upload.
using Variables = std::vector<std::pair<std::string, std::string>>;

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// JSON, else lines of NAME=VALUE or NAME: VALUE whose names count in lower case (Python's ini
// rules).
Variables ParseVariables(std::string_view text) {
  Variables variables;
  Arena arena;
  if (const auto parsed = ParseText(WithoutByteOrderMark(text), {}, {}, arena);
      parsed.ok() && parsed->root.IsDict()) {
    for (const Property& variable : parsed->root.properties()) {
      const auto string = variable.value.AsString();
      variables.emplace_back(
          variable.name,
          string ? std::string(*string) : ToJson(variable.value, {.transit = Transit::kKeep}));
    }
    return variables;
  }
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t split = line.find_first_of("=:");
    if (line.empty() || line[0] == '#' || line[0] == ';' || line[0] == '[') continue;
    if (split == std::string_view::npos) continue;
    variables.emplace_back(LowerCase(Trim(line.substr(0, split))), Trim(line.substr(split + 1)));
  }
  return variables;
}

std::string PutIn(const Variables& variables, std::string text) {
  for (const auto& [name, value] : variables) {
    const std::string marker = fmt::format("{{{{@ {} @}}}}", name);
    for (size_t at = text.find(marker); at != std::string::npos;
         at = text.find(marker, at + value.size())) {
      text.replace(at, marker.size(), value);
    }
  }
  return text;
}

bool IsFolder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

// Reads one project folder.
class Reader {
 public:
  explicit Reader(std::string folder) : folder_(std::move(folder)) {}

  Result<Project> Read() {
    SLUICE_TRY(Walk("", 0));
    std::sort(files_.begin(), files_.end());
    SLUICE_TRY(const Variables variables, ReadVariables());
    for (const std::string& file : files_) {
      if (IsIn(file, "expected")) {
        if (file.ends_with(kTestSuffix)) project_.expected.push_back(Path(file));
      } else if (IsIn(file, "testdata")) {
        AddTestdata(file);
      } else if (file.ends_with(kComponentSuffix)) {
        AddComponents(file, variables);
      } else if (file.ends_with(kProfileSuffix)) {
        AddProfile(file);
      }
    }
    return std::move(project_);
  }

 private:
  // Collects the files below a folder; hidden ones (.git, .expanded) are none of a project's.
  Result<void> Walk(const std::string& below, int depth) {
    std::error_code error;
    fs::directory_iterator at(Path(below), error);
    for (; !error && at != fs::directory_iterator(); at.increment(error)) {
      const std::string name = at->path().filename().string();
      if (name.starts_with('.')) continue;
      const std::string file = below.empty() ? name : below + "/" + name;
      if (at->is_directory(error)) {
        if (depth < kFolderDepthMax) SLUICE_TRY(Walk(file, depth + 1));
        continue;
      }
      if (files_.size() == limits::kConfigFilesMax) {
        return MakeError(Code::kTooLarge, "{} has more than {} files", folder_,
                         limits::kConfigFilesMax);
      }
      files_.push_back(file);
    }
    if (error) {
      return MakeError(Code::kIo, "cannot read the folder {}: {}", Path(below), error.message());
    }
    return {};
  }

  Result<Variables> ReadVariables() {
    auto text = ReadFile(Path(".jinja_vars"), limits::kConfigDocumentBytesMax);
    if (text.ok()) return ParseVariables(*text);
    if (text.error().code == Code::kNotFound) return Variables();
    return text.TakeError();
  }

  void AddComponents(const std::string& file, const Variables& variables) {
    auto text = ReadFile(Path(file), limits::kConfigDocumentBytesMax);
    if (!text.ok()) {
      project_.issues.push_back({file, text.error()});
      return;
    }
    auto documents = ParseDocuments(PutIn(variables, std::move(*text)), file);
    if (!documents.ok()) {
      project_.issues.push_back({file, documents.error()});
      return;
    }
    project_.components.insert(project_.components.end(), documents->begin(), documents->end());
  }

  void AddProfile(const std::string& file) {
    auto text = ReadFile(Path(file), limits::kConfigDocumentBytesMax);
    if (!text.ok()) {
      project_.issues.push_back({file, text.error()});
      return;
    }
    const std::string profile = file.substr(0, file.size() - kProfileSuffix.size());
    project_.profiles.emplace(profile, WithoutByteOrderMark(*text));
  }

  void AddTestdata(const std::string& file) {
    if (!file.ends_with(".json")) return;
    const size_t begin = file.rfind('/') + 1;
    const std::string pipe = file.substr(begin, file.size() - begin - 5);
    project_.testdata.emplace(pipe, Path(file));
  }

  static bool IsIn(std::string_view file, std::string_view folder) {
    return file.starts_with(folder) && file.size() > folder.size() && file[folder.size()] == '/';
  }

  std::string Path(const std::string& file) const {
    return file.empty() ? folder_ : folder_ + "/" + file;
  }

  std::string folder_;
  std::vector<std::string> files_;
  Project project_;
};

}  // namespace

Result<Project> LoadProject(const std::string& folder) {
  if (!IsFolder(folder)) {
    return MakeError(Code::kNotFound, "there is no folder {}", folder);
  }
  // Older projects keep all of it one level lower.
  const bool lower =
      !IsFolder(folder + "/pipes") && !IsFolder(folder + "/systems") && IsFolder(folder + "/node");
  return Reader(lower ? folder + "/node" : folder).Read();
}

}  // namespace sluice::config
