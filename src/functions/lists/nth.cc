// first, last and nth: one item of a list.

#include "functions/lists/lists.h"
#include "functions/sequence.h"

namespace sluice::functions {
namespace {

Value ItemAt(const Value& values, int64_t index) {
  if (!IsSequence(values)) return index == 0 ? values : Value::Null();
  const int64_t length = values.count();
  const int64_t at = index < 0 ? index + length : index;
  if (at < 0 || at >= length) return Value::Null();
  return AsList(values).At(static_cast<uint32_t>(at));
}

Result<Value> First(const dtl::Args& args) { return FirstValue(args[0]); }

Result<Value> Last(const dtl::Args& args) {
  return IsSequence(args[0]) ? ItemAt(args[0], -1) : args[0];
}

Result<Value> Nth(const dtl::Args& args) {
  const auto index = FirstValue(args[0]).AsInteger();
  return index ? ItemAt(args[1], *index) : Value::Null();
}

}  // namespace

void AddNth(dtl::Catalogue& catalogue) {
  catalogue.Add({
      .name = "first",
      .chapter = "lists",
      .params = {{"VALUES"}},
      .doc = "The first item of a list, null if it is empty; any other value as it is.",
      .examples = {{R"(["first", ["list", "a", "b", "c"]])", R"("a")"},
                   {R"(["first", 123])", "123"}},
      .eval = First,
  });
  catalogue.Add({
      .name = "last",
      .chapter = "lists",
      .params = {{"VALUES"}},
      .doc = "The last item of a list, null if it is empty; any other value as it is.",
      .examples = {{R"(["last", ["list", "a", "b", "c"]])", R"("c")"}},
      .eval = Last,
  });
  catalogue.Add({
      .name = "nth",
      .chapter = "lists",
      .params = {{"INDEX", dtl::Kind::kInteger}, {"VALUES"}},
      .doc = "The item number INDEX of a list, counted from 0, or from the end if it is negative. "
             "A value that is no list is number 0. Null where there is no such item, and if INDEX "
             "is no integer.",
      .examples = {{R"(["nth", 1, ["list", "a", "b", "c"]])", R"("b")"},
                   {R"(["nth", 5, ["list", "a", "b", "c"]])", "null"}},
      .eval = Nth,
  });
}

}  // namespace sluice::functions
