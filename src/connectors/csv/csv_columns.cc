// From the fields of a row to an entity.

#include <algorithm>

#include "connectors/csv/csv_source.h"

namespace sluice::connectors {
namespace {

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string Join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += text.empty() ? "\"" : ", \"";
    text += name + "\"";
  }
  return text;
}

}  // namespace

Result<CsvColumns> CsvColumns::Plan(std::vector<std::string> names,
                                    const CsvSourceOptions& options) {
  CsvColumns columns;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string& name = names[i];
    if (!name.empty() && std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i),
                                   name) != names.begin() + static_cast<std::ptrdiff_t>(i)) {
      return MakeError(Code::kBadData,
                       "two columns are called \"{}\"; name the columns with \"field_names\"",
                       name);
    }
    const bool wanted = !options.whitelist || Has(*options.whitelist, name);
    // The entity's `_id` is made of the primary key.
    columns.included_.push_back(wanted && !Has(options.blacklist, name) && name != "_id");
  }
  for (const std::string& key : options.primary_key) {
    const auto found = std::find(names.begin(), names.end(), key);
    if (found == names.end()) {
      return MakeError(Code::kBadData, "expected the column \"{}\" (primary_key), found {}", key,
                       Join(names));
    }
    columns.key_.push_back(static_cast<size_t>(found - names.begin()));
  }
  columns.names_ = std::move(names);
  return columns;
}

Result<std::string_view> CsvColumns::MakeId(const std::vector<std::string_view>& fields,
                                            Arena& arena) const {
  std::string_view id;
  for (const size_t index : key_) {
    const std::string_view part = index < fields.size() ? fields[index] : std::string_view();
    if (part.empty()) {
      return MakeError(Code::kBadData, "the column \"{}\" (primary_key) is empty", names_[index]);
    }
    id = id.empty() ? part : arena.Concat(arena.Concat(id, ":"), part);
  }
  return key_.size() == 1 ? arena.Copy(id) : id;
}

Result<Entity> CsvColumns::MakeEntity(const std::vector<std::string_view>& fields, bool keep_empty,
                                      Arena& arena) const {
  SLUICE_TRY(const std::string_view id, MakeId(fields, arena));
  auto* properties = arena.AllocateArray<Property>(names_.size() + 1);
  size_t count = 0;
  std::construct_at(&properties[count++], "_id", Value::String(id));
  Entity entity;
  for (size_t i = 0; i < fields.size(); ++i) {
    const bool unnamed = i >= names_.size() || names_[i].empty();
    if (unnamed && !fields[i].empty()) {
      return MakeError(Code::kBadData, "expected {} named fields, found \"{}\" in field {}",
                       names_.size(), fields[i].substr(0, 100), i + 1);
    }
    if (unnamed || !included_[i] || (fields[i].empty() && !keep_empty)) continue;
    const Value value = Value::String(arena.Copy(fields[i]));
    std::construct_at(&properties[count++], names_[i], value);
    if (names_[i] == "_updated") entity.updated = value;
  }
  entity.dict = Value::Dict({properties, count});
  return entity;
}

}  // namespace sluice::connectors
