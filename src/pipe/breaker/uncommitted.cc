#include "pipe/breaker/uncommitted.h"

#include <fmt/format.h>

#include "base/arena.h"
#include "pipe/dict_builder.h"
#include "storage/codec.h"
#include "value/record.h"

namespace sluice::pipe {
namespace {

using storage::FieldReader;

// The summary comes last, so that it goes last where all is removed in order.
std::string EntityPrefix(std::string_view pipe) { return UncommittedPrefix(pipe) + "e/"; }
std::string SummaryKey(std::string_view pipe) { return UncommittedPrefix(pipe) + "summary"; }
std::string EntityKey(std::string_view pipe, uint64_t number) {
  std::string key = EntityPrefix(pipe);
  storage::AppendBigEndian(number, key);
  return key;
}
std::string HeadKey(std::string_view pipe, std::string_view id) {
  return UncommittedPrefix(pipe).append("id/").append(id);
}

Error Broken(std::string_view pipe) {
  return MakeError(Code::kCorrupt, "what is stored as uncommitted of the pipe \"{}\" is broken",
                   pipe);
}

void AppendHash(const Hash128& hash, std::string& out) {
  storage::AppendFixed(hash.low, out);
  storage::AppendFixed(hash.high, out);
}
Hash128 TakeHash(FieldReader& fields) {
  const auto low = fields.Fixed<uint64_t>();
  return {.low = low, .high = fields.Fixed<uint64_t>()};
}

std::optional<uint64_t> Number(const Value& dict, std::string_view name) {
  const auto number = dict.Find(name).AsInteger();
  return number ? std::optional(static_cast<uint64_t>(*number)) : std::nullopt;
}

Value EndToValue(const storage::Store::FullRunOptions& end, Arena& arena) {
  std::vector<Value> state;
  for (const auto& change : end.state) {
    DictBuilder item(arena);
    item.Set("key", Value::Bytes(change.key));
    if (change.value) item.Set("value", Value::Bytes(*change.value));
    state.push_back(item.Make());
  }
  DictBuilder dict(arena);
  dict.Set("delete_unseen", Value::Boolean(end.delete_unseen))
      .Set("mark", Value::Boolean(end.mark_deletion_tracked))
      .Set("populate", Value::Boolean(end.set_populated))
      .Set("state", Value::List(arena.CopyArray(std::span<const Value>(state))));
  return dict.Make();
}

storage::Store::FullRunOptions EndFromValue(const Value& value) {
  storage::Store::FullRunOptions end{.delete_unseen = value.Find("delete_unseen").IsTrue(),
                                     .mark_deletion_tracked = value.Find("mark").IsTrue(),
                                     .set_populated = value.Find("populate").IsTrue(),
                                     .state = {}};
  for (const Value& item : value.Find("state").items()) {
    const auto text = item.Find("value").AsBytes();
    end.state.push_back({std::string(item.Find("key").AsBytes().value_or("")),
                         text ? std::optional<std::string>(*text) : std::nullopt});
  }
  return end;
}

}  // namespace

// An id of a pipe may hold any character but '/', so the slash ends it.
std::string UncommittedPrefix(std::string_view pipe) {
  return fmt::format("pipe/{}/uncommitted/", pipe);
}

storage::StateChange PutUncommitted(std::string_view pipe, const Uncommitted& uncommitted) {
  Arena arena;
  DictBuilder dict(arena);
  dict.SetInteger("stage", static_cast<uint64_t>(uncommitted.stage))
      .SetInteger("dataset", uncommitted.dataset)
      .SetInteger("next", uncommitted.next)
      .SetInteger("entities", uncommitted.entities)
      .SetInteger("live", uncommitted.live)
      .Set("message", Value::String(uncommitted.message))
      .Set("state_before", Value::Bytes(uncommitted.state_before));
  if (uncommitted.full_run) dict.SetInteger("full_run", *uncommitted.full_run);
  if (uncommitted.end) dict.Set("end", EndToValue(*uncommitted.end, arena));
  std::string text;
  Encode(dict.Make(), text);
  return {SummaryKey(pipe), std::move(text)};
}

storage::StateChange DropUncommitted(std::string_view pipe) {
  return {SummaryKey(pipe), std::nullopt};
}

Result<std::optional<Uncommitted>> LoadUncommitted(const storage::Snapshot& snapshot,
                                                   std::string_view pipe) {
  SLUICE_TRY(const auto text, snapshot.GetState(SummaryKey(pipe)));
  if (!text) return std::optional<Uncommitted>();
  if (!CheckRecord(*text).ok()) return Broken(pipe);
  const Value dict = Decode(*text);
  const auto stage = Number(dict, "stage");
  if (!stage || *stage > static_cast<uint64_t>(Uncommitted::Stage::kDiscarding)) {
    return Broken(pipe);
  }
  Uncommitted uncommitted;
  uncommitted.stage = static_cast<Uncommitted::Stage>(*stage);
  uncommitted.dataset = static_cast<storage::DatasetNumber>(Number(dict, "dataset").value_or(0));
  uncommitted.next = Number(dict, "next").value_or(0);
  uncommitted.entities = Number(dict, "entities").value_or(0);
  uncommitted.live = Number(dict, "live").value_or(0);
  uncommitted.message = dict.Find("message").AsString().value_or("");
  uncommitted.state_before = dict.Find("state_before").AsBytes().value_or("");
  uncommitted.full_run = Number(dict, "full_run");
  if (const Value end = dict.Find("end"); end.IsDict()) uncommitted.end = EndFromValue(end);
  return std::optional(std::move(uncommitted));
}

void PutEntity(std::string_view pipe, const UncommittedHead& head, const storage::Append& append,
               std::vector<storage::StateChange>& changes) {
  std::string entity;
  AppendHash(append.hash, entity);
  entity.push_back(append.deleted ? 1 : 0);
  storage::AppendBytes(append.id, entity);
  entity.append(append.record);
  changes.push_back({EntityKey(pipe, head.number), std::move(entity)});
  std::string of_id;
  storage::AppendVarint(head.number, of_id);
  AppendHash(head.hash, of_id);
  of_id.push_back(static_cast<char>((head.deleted ? 1 : 0) | (head.was_live ? 2 : 0)));
  changes.push_back({HeadKey(pipe, append.id), std::move(of_id)});
}

void DropEntity(std::string_view pipe, std::string_view id, uint64_t number,
                std::vector<storage::StateChange>& changes) {
  changes.push_back({EntityKey(pipe, number), std::nullopt});
  changes.push_back({HeadKey(pipe, id), std::nullopt});
}

Result<std::optional<UncommittedHead>> FindHead(const storage::Snapshot& snapshot,
                                                std::string_view pipe, std::string_view id) {
  SLUICE_TRY(const auto text, snapshot.GetState(HeadKey(pipe, id)));
  if (!text) return std::optional<UncommittedHead>();
  FieldReader fields(*text);
  UncommittedHead head;
  head.number = fields.Varint();
  head.hash = TakeHash(fields);
  const auto flags = fields.Fixed<uint8_t>();
  head.deleted = (flags & 1) != 0;
  head.was_live = (flags & 2) != 0;
  if (!fields.done()) return Broken(pipe);
  return std::optional(head);
}

Result<std::vector<UncommittedEntity>> ReadUncommitted(const storage::Snapshot& snapshot,
                                                       std::string_view pipe, size_t entities_max,
                                                       size_t bytes_max) {
  const std::string prefix = EntityPrefix(pipe);
  std::vector<UncommittedEntity> read;
  size_t bytes = 0;
  bool broken = false;
  SLUICE_TRY(snapshot.ScanState(prefix, [&](std::string_view key, std::string_view value) {
    FieldReader fields(value);
    UncommittedEntity entity;
    entity.hash = TakeHash(fields);
    entity.deleted = fields.Fixed<uint8_t>() != 0;
    entity.id = fields.Bytes();
    entity.record = fields.left();
    broken = !fields.ok() || key.size() != prefix.size() + sizeof entity.number ||
             !CheckRecord(entity.record).ok();
    if (broken) return false;
    entity.number = storage::LoadBigEndian<uint64_t>(key.substr(prefix.size()));
    bytes += entity.record.size();
    read.push_back(std::move(entity));
    return read.size() < entities_max && bytes < bytes_max;
  }));
  if (broken) return Broken(pipe);
  return read;
}

}  // namespace sluice::pipe
