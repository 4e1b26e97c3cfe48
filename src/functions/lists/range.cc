// range: integers from one to another.

#include "functions/arguments.h"
#include "functions/lists/lists.h"
#include "functions/sequence.h"

namespace sluice::functions {
namespace {

constexpr std::string_view kStepIsZero = "expected a STEP that is not zero";

// How many steps there are; as wide as the difference of two integers needs.
uint64_t CountSteps(int64_t start, int64_t stop, int64_t step) {
  const __int128 distance =
      step > 0 ? static_cast<__int128>(stop) - start : static_cast<__int128>(start) - stop;
  if (distance <= 0) return 0;
  const __int128 width = step > 0 ? static_cast<__int128>(step) : -static_cast<__int128>(step);
  return static_cast<uint64_t>((distance + width - 1) / width);
}

Result<Value> Range(const dtl::Args& args) {
  const auto start = FirstValue(args[0]).AsInteger();
  const auto stop = FirstValue(args[1]).AsInteger();
  const auto step = args.size() == 3 ? FirstValue(args[2]).AsInteger() : std::optional<int64_t>(1);
  if (!start || !stop || !step) return Value::Null();
  if (*step == 0) return MakeError(Code::kBadData, "{}", kStepIsZero);
  const uint64_t count = CountSteps(*start, *stop, *step);
  SLUICE_TRY(CheckListItems(args, count));
  ListBuilder out(args.arena(), count);
  __int128 next = *start;  // The one behind the last may be no machine integer.
  for (uint64_t i = 0; i < count; ++i, next += *step) {
    out.Add(Value::Integer(static_cast<int64_t>(next)));
  }
  return out.List();
}

Result<dtl::Eval> Bind(const dtl::Call& call) {
  if (call.size() == 3 && call.IsConstant(2) && call.Constant(2).AsInteger() == 0) {
    return call.Fail(2, std::string(kStepIsZero));
  }
  return dtl::Eval(Range);
}

}  // namespace

void AddRange(dtl::Catalogue& catalogue) {
  using enum dtl::Kind;
  catalogue.Add({
      .name = "range",
      .chapter = "lists",
      .params = {{"START", kInteger}, {"STOP", kInteger}, {"STEP", kInteger, 0, 1}},
      .doc = "The integers from START up to, not including, STOP, in steps of STEP or 1; a "
             "negative STEP counts down. STEP must not be zero. Null if an argument is no integer.",
      .examples = {{R"(["range", 0, 4])", "[0, 1, 2, 3]"},
                   {R"(["range", 4, 0, -1])", "[4, 3, 2, 1]"}},
      .bind = Bind,
  });
}

}  // namespace sluice::functions
