// Issues as the API and terminals show them.

#include "config/validate.h"
#include "value/json.h"

namespace sluice::config {
namespace {

std::string Sentence(const Issue& issue) {
  return issue.suggestion.empty() ? issue.message
                                  : fmt::format("{}. {}", issue.message, issue.suggestion);
}

std::string_view NameOf(Level level) { return level == Level::kError ? "error" : "warning"; }

}  // namespace

std::string ConfigErrorsJson(const std::vector<Issue>& issues) {
  std::string json = "[";
  for (const Issue& issue : issues) {
    if (json.size() > 1) json += ",";
    json += fmt::format(R"({{"level":"{}","msg":)", NameOf(issue.level));
    WriteJsonString(
        issue.at.empty() ? Sentence(issue) : fmt::format("{}: {}", issue.at, Sentence(issue)),
        json);
    json += R"(,"elements":[)";
    WriteJsonString(issue.at, json);
    json += R"(],"pointer":)";
    WriteJsonString(issue.at, json);
    json += "}";
  }
  return json + "]";
}

std::string ValidationErrorsJson(const std::vector<CheckedComponent>& components) {
  std::string json =
      R"({"code":"bad-config","message":"the configuration has errors","validation_errors":[)";
  bool first = true;
  for (const CheckedComponent& component : components) {
    if (component.issues.empty()) continue;
    if (!first) json += ",";
    first = false;
    json += R"({"posted-config":{"_id":)";
    WriteJsonString(component.document->id(), json);
    json += R"(,"type":)";
    WriteJsonString(component.document->type(), json);
    json += R"(},"config-errors":)" + ConfigErrorsJson(component.issues) + "}";
  }
  return json + "]}";
}

std::string IssueText(const Document& document, const Issue& issue) {
  const TextPlace place = document.Locate(issue.at);
  return fmt::format("{}:{}:{}: {}: {} {}: {}",
                     document.file().empty() ? "config.json" : document.file(), place.line,
                     place.column, NameOf(issue.level),
                     document.id().empty() ? "(no _id)" : document.id(),
                     issue.at.empty() ? "(whole)" : issue.at, Sentence(issue));
}

}  // namespace sluice::config
