#include "api/openapi.h"

#include <map>

#include "api/json_writer.h"
#include "api/multipart.h"

namespace sluice::api {
namespace {

// "{name*}" takes the rest of the path, which OpenAPI cannot say; it is shown as "{name}".
std::string ShownPattern(std::string pattern) {
  if (const size_t star = pattern.find("*}"); star != std::string::npos) pattern.erase(star, 1);
  return pattern;
}

std::vector<std::string> PathParameters(const std::string& pattern) {
  std::vector<std::string> names;
  for (size_t at = pattern.find('{'); at != std::string::npos; at = pattern.find('{', at + 1)) {
    names.push_back(pattern.substr(at + 1, pattern.find('}', at) - at - 1));
  }
  return names;
}

void WriteSchema(JsonWriter& json, const RouteParameter& parameter) {
  json.BeginObject().Name("type").String(parameter.type);
  if (!parameter.default_json.empty()) json.Name("default").Raw(parameter.default_json);
  json.EndObject();
}

void WriteParameters(JsonWriter& json, const Route& route, const std::string& pattern) {
  json.Name("parameters").BeginArray();
  for (const std::string& name : PathParameters(pattern)) {
    json.BeginObject()
        .Name("name")
        .String(name)
        .Name("in")
        .String("path")
        .Name("required")
        .Boolean(true);
    json.Name("schema").BeginObject().Name("type").String("string").EndObject().EndObject();
  }
  for (const RouteParameter& parameter : route.parameters) {
    if (parameter.place != RouteParameter::Place::kQuery) continue;
    json.BeginObject().Name("name").String(parameter.name).Name("in").String("query");
    json.Name("required").Boolean(parameter.required);
    if (!parameter.doc.empty()) json.Name("description").String(parameter.doc);
    WriteSchema(json.Name("schema"), parameter);
    json.EndObject();
  }
  json.EndArray();
}

// What one content type of a body holds: the form's parameters, or anything.
void WriteContent(JsonWriter& json, const Route& route, const std::string& content_type) {
  json.Name(content_type).BeginObject().Name("schema").BeginObject();
  const bool is_form = content_type.find("form") != std::string::npos;
  if (is_form) {
    json.Name("type").String("object").Name("properties").BeginObject();
    for (const RouteParameter& parameter : route.parameters) {
      if (parameter.place != RouteParameter::Place::kForm) continue;
      json.Name(parameter.name).BeginObject().Name("type").String(parameter.type);
      if (!parameter.doc.empty()) json.Name("description").String(parameter.doc);
      json.EndObject();
    }
    json.EndObject();
  }
  json.EndObject().EndObject();
}

void WriteResponses(JsonWriter& json, const Route& route) {
  json.Name("responses").BeginObject();
  json.Name("200").BeginObject().Name("description").String("Done.").Name("content").BeginObject();
  for (const std::string& type : route.produces) json.Name(type).BeginObject().EndObject();
  json.EndObject().EndObject();
  json.Name("default").BeginObject().Name("description").String("What went wrong.");
  json.Name("content")
      .BeginObject()
      .Name("application/json")
      .BeginObject()
      .Name("schema")
      .BeginObject();
  json.Name("$ref").String("#/components/schemas/Problem");
  json.EndObject().EndObject().EndObject().EndObject().EndObject();
}

void WriteOperation(JsonWriter& json, const Route& route, const std::string& pattern) {
  json.Name(ToLower(ToString(route.method))).BeginObject();
  json.Name("tags").BeginArray().String(route.group).EndArray();
  json.Name("description").String(route.doc);
  json.Name("x-permission").String(ToString(route.permission));
  if (route.permission == Permission::kNone) json.Name("security").BeginArray().EndArray();
  WriteParameters(json, route, pattern);
  if (!route.consumes.empty()) {
    json.Name("requestBody").BeginObject().Name("content").BeginObject();
    for (const std::string& type : route.consumes) WriteContent(json, route, type);
    json.EndObject().EndObject();
  }
  WriteResponses(json, route);
  json.EndObject();
}

constexpr std::string_view kComponents = R"({
  "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
  "schemas": {"Problem": {"type": "object", "required": ["code", "message"], "properties": {
    "code": {"type": "string", "description": "The kind of error, for programs."},
    "message": {"type": "string", "description": "What was expected and what was found."},
    "at": {"type": "string", "description": "Where: a JSON pointer, or a file and line."}}}}})";

}  // namespace

std::string OpenApiJson(const Router& router, std::string_view version) {
  std::map<std::string, std::vector<const Route*>> paths;
  for (const auto& route : router.routes())
    paths[ShownPattern(route->pattern)].push_back(route.get());
  JsonWriter json;
  json.BeginObject().Name("openapi").String("3.0.3");
  json.Name("info").BeginObject().Name("title").String("Sluice Service API");
  json.Name("version").String(version).EndObject();
  json.Name("security")
      .BeginArray()
      .BeginObject()
      .Name("token")
      .BeginArray()
      .EndArray()
      .EndObject()
      .EndArray();
  json.Name("paths").BeginObject();
  for (const auto& [pattern, routes] : paths) {
    json.Name(pattern).BeginObject();
    for (const Route* route : routes) WriteOperation(json, *route, pattern);
    json.EndObject();
  }
  json.EndObject().Name("components").Raw(kComponents).EndObject();
  return json.Take();
}

}  // namespace sluice::api
