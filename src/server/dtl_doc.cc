#include "server/dtl_doc.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>

#include "base/limits.h"
#include "config/view.h"
#include "server/node.h"
#include "value/json.h"

namespace sluice::server {
namespace {

constexpr size_t kColumns = 80;

std::string_view KindName(dtl::Kind kind) {
  switch (kind) {
    case dtl::Kind::kBoolean:
      return "boolean";
    case dtl::Kind::kInteger:
      return "integer";
    case dtl::Kind::kNumber:
      return "number";
    case dtl::Kind::kString:
      return "string";
    case dtl::Kind::kConstant:
      return "literal string";
    case dtl::Kind::kConstantInteger:
      return "literal integer";
    case dtl::Kind::kConstantBoolean:
      return "literal boolean";
    case dtl::Kind::kValues:
      return "values";
    case dtl::Kind::kFunction:
      return "function of _";
    case dtl::Kind::kWildcard:
      return "pattern";
    case dtl::Kind::kTransforms:
      return "transforms";
    case dtl::Kind::kDict:
      return "dict";
    case dtl::Kind::kAnyLiteral:
      return "literal";
  }
  return "value";
}

std::string Signature(const dtl::Function& function) {
  std::string text = fmt::format("[\"{}\"", function.name);
  for (const auto& param : function.params) {
    text +=
        fmt::format(", {}{}{}", param.min == 0 ? "[" : "", param.name, param.min == 0 ? "]" : "");
    if (param.max < 0) text += " …";
  }
  return text + "]";
}

Result<void> WriteFile(const std::string& path, std::string_view text) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"), std::fclose);
  if (!file || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size()) {
    return MakeError(Code::kIo, "cannot write {}: {}", path, std::strerror(errno));
  }
  return {};
}

bool IsScalar(const Value& value) { return !value.IsList() && !value.IsDict(); }

// One line: ["add", "n", 1], {"a": 1}.
std::string Inline(const Value& value) {
  std::string text;
  if (value.IsList()) {
    for (const Value& item : value.items()) text += (text.empty() ? "[" : ", ") + Inline(item);
    return text.empty() ? "[]" : text + "]";
  }
  if (value.IsDict()) {
    for (const auto& [name, item] : value.properties()) {
      text += text.empty() ? "{" : ", ";
      WriteJsonString(name, text);
      text += ": " + Inline(item);
    }
    return text.empty() ? "{}" : text + "}";
  }
  if (value.kind() == Kind::kDecimal) return std::string(value.text());
  WriteJson(value, text, {.transit = Transit::kKeep});
  return text;
}

void Format(const Value& value, size_t indent, size_t column, std::string& out) {
  const std::string line = Inline(value);
  if (IsScalar(value) || column + line.size() <= kColumns || value.count() == 0) {
    out += line;
    return;
  }
  const std::string margin(indent + 2, ' ');
  bool leading = value.IsList();
  bool first = true;
  out += value.IsList() ? '[' : '{';
  const auto next = [&](bool stays) {
    if (!first) out += ',';
    if (!stays) out += '\n' + margin;
    if (stays && !first) out += ' ';
    first = false;
  };
  for (const Value& item : value.items()) {
    leading = leading && IsScalar(item);
    next(leading);
    Format(item, indent + 2, indent + 3, out);
  }
  for (const auto& [name, item] : value.properties()) {
    next(false);
    std::string key;
    WriteJsonString(name, key);
    out += key + ": ";
    Format(item, indent + 2, indent + 2 + key.size() + 3, out);
  }
  out += '\n' + std::string(indent, ' ') + (value.IsList() ? ']' : '}');
}

}  // namespace

std::string FunctionMarkdown(const dtl::Function& function) {
  std::string text = fmt::format("## {}{}\n\n`{}`\n\n", function.name,
                                 function.transform ? " (transform)" : "", Signature(function));
  if (!function.deprecated.empty())
    text += fmt::format("**Deprecated:** {}\n\n", function.deprecated);
  text += fmt::format("{}\n", function.doc);
  if (!function.params.empty()) text += "\n| argument | takes | how often |\n|---|---|---|\n";
  for (const auto& param : function.params) {
    const std::string often = param.max < 0 ? fmt::format("{} or more", param.min)
                              : param.min == param.max
                                  ? fmt::format("{}", param.min)
                                  : fmt::format("{} to {}", param.min, param.max);
    text += fmt::format("| {} | {} | {} |\n", param.name, KindName(param.kind), often);
  }
  for (const auto& example : function.examples) {
    text += fmt::format("\n```\n{}\n", example.dtl);
    if (example.source != "{}") text += fmt::format("  with _S = {}\n", example.source);
    text += fmt::format("→ {}\n```\n", example.result);
  }
  return text;
}

int ExplainFunction(const std::string& name, const dtl::Catalogue& catalogue, Terminal& terminal) {
  if (name.empty()) {
    std::map<std::string_view, std::vector<std::string_view>> chapters;
    for (const auto* function : catalogue.all()) {
      chapters[function->transform ? "transforms" : function->chapter].push_back(function->name);
    }
    for (const auto& [chapter, names] : chapters) {
      std::string line;
      for (const auto& one : names) line += fmt::format(" {}", one);
      terminal.Print("{}\n {}\n", terminal.Paint(Colour::kBold, chapter), line);
    }
    return 0;
  }
  bool found = false;
  for (const auto* function : {catalogue.FindExpression(name), catalogue.FindTransform(name)}) {
    if (function == nullptr) continue;
    found = true;
    terminal.PrintRaw(FunctionMarkdown(*function) + "\n");
  }
  if (found) return 0;
  auto names = catalogue.names(false);
  const auto transforms = catalogue.names(true);
  names.insert(names.end(), transforms.begin(), transforms.end());
  const auto nearest = config::Nearest(name, names);
  terminal.Complain("there is no function \"{}\"{}\n", name,
                    nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest));
  return 2;
}

int WriteReference(const std::string& folder, const dtl::Catalogue& catalogue, Terminal& terminal) {
  std::map<std::string, std::string> pages;
  std::string index = "# DTL functions\n\nWritten by `sluice docs`.\n\n";
  for (const auto* function : catalogue.all()) {
    const std::string chapter(function->transform ? "transforms" : function->chapter);
    auto& page = pages[chapter];
    if (page.empty())
      page =
          fmt::format("# {}\n\nWritten by `sluice docs` from the function catalogue.\n\n", chapter);
    page += FunctionMarkdown(*function) + "\n";
  }
  std::error_code failed;
  std::filesystem::create_directories(folder + "/dtl", failed);
  for (const auto& [chapter, page] : pages) {
    index += fmt::format("- [{0}]({0}.md)\n", chapter);
    if (auto written = WriteFile(fmt::format("{}/dtl/{}.md", folder, chapter), page);
        !written.ok()) {
      terminal.Complain("{}\n", written.error().ToText());
      return 2;
    }
  }
  if (auto written = WriteFile(folder + "/dtl/README.md", index); !written.ok()) {
    terminal.Complain("{}\n", written.error().ToText());
    return 2;
  }
  return 0;
}

std::string FormatDtl(const Value& value) {
  std::string out;
  Format(value, 0, 0, out);
  return out + "\n";
}

int FormatFile(const std::string& path, bool in_place, Terminal& terminal) {
  const auto bytes = ReadFile(path.empty() ? "/dev/stdin" : path, limits::kConfigDocumentBytesMax);
  Arena arena;
  // Decimals keep every digit of a number as it was written.
  JsonParser parser({.floats = FloatMode::kDecimal, .transit = Transit::kKeep});
  auto value = bytes.ok() ? parser.Parse(*bytes, arena) : Result<Value>(bytes.error());
  if (!value.ok()) {
    terminal.Complain("{}: {}\n", path.empty() ? "standard input" : path, value.error().ToText());
    return 2;
  }
  const std::string text = FormatDtl(*value);
  if (!in_place || path.empty()) {
    terminal.PrintRaw(text);
    return 0;
  }
  if (auto written = WriteFile(path, text); !written.ok()) {
    terminal.Complain("{}\n", written.error().ToText());
    return 2;
  }
  return 0;
}

}  // namespace sluice::server
