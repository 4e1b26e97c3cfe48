#include "config/secrets.h"

#include <mutex>

#include "base/limits.h"
#include "config/parse_text.h"
#include "value/json.h"

namespace sluice::config {
namespace {

// A sealed secret opens only as what it was sealed for: nobody can move it to another system or
// name.
std::string Purpose(std::string_view system, std::string_view name) {
  return fmt::format("secret/{}/{}/{}", system.size(), system, name);
}

// The error of a broken text must not show it.
Error Refused(std::string_view what) {
  return MakeError(Code::kBadRequest, "expected an object of secrets or a list of them, found {}",
                   what);
}

// Of a list of objects the last wins.
Result<std::map<std::string, Value>> Collect(const Value& root) {
  std::map<std::string, Value> secrets;
  const auto add = [&](const Value& object) {
    for (const Property& secret : object.properties()) {
      secrets.insert_or_assign(std::string(secret.name), secret.value);
    }
  };
  if (root.IsDict()) {
    add(root);
    return secrets;
  }
  if (!root.IsList()) return Refused("neither");
  for (const Value& item : root.items()) {
    if (!item.IsDict()) return Refused("a list with something else in it");
    add(item);
  }
  return secrets;
}

void AppendText(std::string& out, std::string_view text) {
  for (int shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<char>(text.size() >> shift & 0xFF));
  }
  out.append(text);
}

std::optional<std::string_view> TakeText(std::string_view& in) {
  if (in.size() < 4) return std::nullopt;
  size_t size = 0;
  for (int i = 0; i < 4; ++i) {
    size |= static_cast<size_t>(static_cast<unsigned char>(in[static_cast<size_t>(i)])) << (8 * i);
  }
  in.remove_prefix(4);
  if (in.size() < size) return std::nullopt;
  const std::string_view text = in.substr(0, size);
  in.remove_prefix(size);
  return text;
}

constexpr char kFormat = 1;  // The first byte of what Save gives.

}  // namespace

Result<void> Secrets::Put(std::string_view system, std::string_view json) {
  return PutAll(system, json, Others::kKeep);
}

Result<void> Secrets::Replace(std::string_view system, std::string_view json) {
  return PutAll(system, json, Others::kDrop);
}

Result<void> Secrets::PutAll(std::string_view system, std::string_view json, Others others) {
  if (json.size() > limits::kConfigDocumentBytesMax) {
    return MakeError(Code::kTooLarge, "secrets have at most {} bytes, found {}",
                     limits::kConfigDocumentBytesMax, json.size());
  }
  Arena arena;
  const auto parsed = ParseText(WithoutByteOrderMark(json), "secrets.json", {}, arena);
  if (!parsed.ok()) {
    Error error = Refused("broken JSON");
    error.at = parsed.error().at;
    return error;
  }
  SLUICE_TRY(const auto secrets, Collect(parsed->root));
  std::map<std::string, std::string> sealed;
  for (const auto& [name, value] : secrets) {
    sealed[name] = box_.Seal(ToJson(value, {.transit = Transit::kKeep}), Purpose(system, name));
  }
  const std::unique_lock lock(scopes_mutex_);
  auto& scope = scopes_[std::string(system)];
  if (others == Others::kDrop) scope.clear();
  for (auto& [name, text] : sealed) scope[name] = std::move(text);
  if (scope.empty()) scopes_.erase(std::string(system));
  return {};
}

Result<void> Secrets::Delete(std::string_view system, std::string_view name) {
  const std::unique_lock lock(scopes_mutex_);
  const auto scope = scopes_.find(system);
  if (scope == scopes_.end() || scope->second.erase(std::string(name)) == 0) {
    return MakeError(Code::kNotFound, "there is no secret \"{}\"", name);
  }
  if (scope->second.empty()) scopes_.erase(scope);
  return {};
}

void Secrets::DeleteSystem(std::string_view system) {
  const std::unique_lock lock(scopes_mutex_);
  const auto scope = scopes_.find(system);
  if (scope != scopes_.end() && !system.empty()) scopes_.erase(scope);
}

std::vector<std::string> Secrets::Names(std::string_view system) const {
  const std::shared_lock lock(scopes_mutex_);
  std::vector<std::string> names;
  const auto scope = scopes_.find(system);
  if (scope == scopes_.end()) return names;
  for (const auto& [name, sealed] : scope->second) names.push_back(name);
  return names;
}

Result<std::optional<Value>> Secrets::Find(std::string_view system, std::string_view name,
                                           Arena& arena) const {
  std::string sealed;
  std::string_view owner = system;
  {
    const std::shared_lock lock(scopes_mutex_);
    for (const std::string_view candidate : {system, std::string_view()}) {
      const auto scope = scopes_.find(candidate);
      if (scope == scopes_.end()) continue;
      const auto secret = scope->second.find(std::string(name));
      if (secret == scope->second.end()) continue;
      sealed = secret->second;
      owner = candidate;
      break;
    }
  }
  if (sealed.empty()) return std::optional<Value>();
  SLUICE_TRY(const std::string json, box_.Open(sealed, Purpose(owner, name)));
  JsonParser parser({.transit = Transit::kKeep});
  SLUICE_TRY(const Value value, parser.Parse(json, arena));
  return std::optional(value);
}

FindSecret Secrets::For(std::string_view system, Arena& arena) const {
  return [this, id = std::string(system), &arena](std::string_view name) {
    return Find(id, name, arena);
  };
}

std::string Secrets::Save() const {
  const std::shared_lock lock(scopes_mutex_);
  std::string saved(1, kFormat);
  for (const auto& [system, secrets] : scopes_) {
    for (const auto& [name, sealed] : secrets) {
      AppendText(saved, system);
      AppendText(saved, name);
      AppendText(saved, sealed);
    }
  }
  return saved;
}

Result<void> Secrets::Load(std::string_view saved) {
  decltype(scopes_) scopes;
  if (!saved.empty()) {
    if (saved.front() != kFormat) {
      return MakeError(Code::kCorrupt, "stored secrets have format {}, expected {}",
                       static_cast<int>(saved.front()), static_cast<int>(kFormat));
    }
    saved.remove_prefix(1);
  }
  while (!saved.empty()) {
    const auto system = TakeText(saved);
    const auto name = system ? TakeText(saved) : std::nullopt;
    const auto sealed = name ? TakeText(saved) : std::nullopt;
    if (!sealed) return MakeError(Code::kCorrupt, "stored secrets are cut off");
    scopes[std::string(*system)][std::string(*name)] = *sealed;
  }
  const std::unique_lock lock(scopes_mutex_);
  scopes_ = std::move(scopes);
  return {};
}

}  // namespace sluice::config
