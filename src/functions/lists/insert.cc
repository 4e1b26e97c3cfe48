// insert: one item more.

#include <algorithm>

#include "functions/lists/lists.h"
#include "functions/sequence.h"

namespace sluice::functions {
namespace {

Result<Value> Insert(const dtl::Args& args) {
  const auto index = FirstValue(args[0]).AsInteger();
  if (!index) return Value::Null();
  const auto values = ValuesOf(args[1], args.arena());
  const auto length = static_cast<int64_t>(values.size());
  const auto at =
      static_cast<size_t>(std::clamp<int64_t>(*index < 0 ? *index + length : *index, 0, length));
  ListBuilder out(args.arena(), values.size() + 1);
  out.AddAll(values.first(at));
  out.Add(args[2]);
  out.AddAll(values.subspan(at));
  return out.List();
}

}  // namespace

void AddInsert(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "insert",
      .chapter = "lists",
      .params = {{"INDEX", dtl::Kind::kInteger}, {"VALUES"}, {"OBJECT"}},
      .doc = "VALUES as a list with OBJECT, as one item, before the item number INDEX. A negative "
             "INDEX counts from the end; one outside the list means its ends. Null if INDEX is no "
             "integer.",
      .examples = {{R"(["insert", 1, ["list", 1, 2], ["list", 3, 4]])", "[1, [3, 4], 2]"},
                   {R"(["insert", -2, ["list", 1, 2, 3], 4])", "[1, 4, 2, 3]"}},
      .eval = Insert,
  });
}

}  // namespace sluice::functions
