// uuid and is-uuid.

#include "dtl/evaluation.h"
#include "functions/first_value.h"
#include "functions/uuids/uuids.h"
#include "value/json.h"

namespace sluice::functions {
namespace {

Result<Value> NewUuid(const dtl::Args& args) {
  const auto bytes = args.evaluation().random().Uuid();
  return Value::Uuid(
      args.arena().Copy({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
}

Result<std::optional<Value>> ToUuid(const Value& value, Arena& arena) {
  if (value.kind() == Kind::kUuid) return std::optional(value);
  const auto text = value.AsString();
  if (!text) return std::optional<Value>();
  const Value uuid = DecodeTransit(arena.Concat("~u", *text), arena);
  return uuid.kind() == Kind::kUuid ? std::optional(uuid) : std::nullopt;
}

}  // namespace

void AddUuid(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "uuid",
      .chapter = "uuids",
      .params = {{"VALUES", dtl::Kind::kValues, 0, 1}},
      .doc = "Without an argument a new random UUID (version 4): a pipe that uses it is not exact. "
             "With one, makes "
             "UUIDs of those strings in VALUES that are written as one; others are dropped.",
      .examples = {{R"(["uuid", "abc98f65-ddf5-1234-a8f5-82f6d8e69726"])",
                    R"("~uabc98f65-ddf5-1234-a8f5-82f6d8e69726")"},
                   {R"(["is-uuid", ["uuid"]])", "true"}},
      .eval = [](const dtl::Args& args) -> Result<Value> {
        if (args.size() == 0) return NewUuid(args);
        return dtl::MapValues(args, args[0],
                              [&](const Value& value) { return ToUuid(value, args.arena()); });
      },
      .purity = dtl::Purity::kNondeterministic,
  });
  catalogue.Add({
      .name = "is-uuid",
      .chapter = "uuids",
      .params = {{"VALUES"}},
      .doc = "True if VALUES is a UUID, or a list whose first item is one.",
      .examples = {{R"(["is-uuid", "~u9f598f65-eea5-4906-a8f5-82f6d8e69726"])", "true"},
                   {R"(["is-uuid", "some-string"])", "false"}},
      .eval = FirstValueTest([](const Value& value) { return value.kind() == Kind::kUuid; }),
  });
}

}  // namespace sluice::functions
