#include "tests/model/json.h"

namespace sluice::model {

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

Json Get(const Json& value, const std::string& name) {
  const auto found = value.dict.find(name);
  return found == value.dict.end() ? Json() : found->second;
}

std::vector<Json> Values(const Json& value) {
  return value.kind == Json::Kind::kList ? value.list : std::vector<Json>{value};
}

std::string Json::Write() const {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBoolean:
      return boolean ? "true" : "false";
    case Kind::kInteger:
      return std::to_string(integer);
    case Kind::kText:
      return Quoted(text);
    case Kind::kList: {
      std::string out = "[";
      for (const Json& item : list) out += (out.size() > 1 ? "," : "") + item.Write();
      return out + "]";
    }
    case Kind::kDict: {
      std::string out = "{";
      for (const auto& [name, value] : dict) {
        out += (out.size() > 1 ? "," : "") + Quoted(name) + ":" + value.Write();
      }
      return out + "}";
    }
  }
  return "";
}

}  // namespace sluice::model
