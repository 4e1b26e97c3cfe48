// slice and reversed: parts of a list.

#include <algorithm>

#include "functions/arguments.h"
#include "functions/lists/lists.h"
#include "functions/sequence.h"

namespace sluice::functions {
namespace {

constexpr std::string_view kStrideIsZero = "expected a STRIDE that is not zero";

// The items from start towards end. A bound that is left out is the end where the walk starts or
// stops.
struct Bounds {
  std::optional<int64_t> start;
  std::optional<int64_t> end;
  int64_t stride = 1;
};

// A negative index counts from the end; one outside is held at the place before the first or after
// the last item.
int64_t Place(int64_t index, int64_t length, int64_t stride) {
  const int64_t low = stride > 0 ? 0 : -1;
  const int64_t high = stride > 0 ? length : length - 1;
  return std::clamp(index < 0 ? index + length : index, low, high);
}

Value Slice(std::span<const Value> items, const Bounds& bounds, Arena& arena) {
  const auto length = static_cast<int64_t>(items.size());
  const int64_t stride = std::clamp(bounds.stride, -length - 1, length + 1);
  const int64_t start = bounds.start ? Place(*bounds.start, length, stride)
                        : stride > 0 ? 0
                                     : length - 1;
  const int64_t end = bounds.end ? Place(*bounds.end, length, stride) : stride > 0 ? length : -1;
  ListBuilder out(arena);
  for (int64_t i = start; stride > 0 ? i < end : i > end; i += stride)
    out.Add(items[static_cast<size_t>(i)]);
  return out.List();
}

Result<Value> SliceValues(const dtl::Args& args) {
  const Value values = args[args.size() - 1];
  if (values.IsNull()) return Value::Null();
  Bounds bounds{.start = FirstValue(args[0]).AsInteger(), .end = std::nullopt, .stride = 1};
  if (!bounds.start) return Value::Null();
  if (args.size() >= 3 && !args[1].IsNull()) {
    bounds.end = FirstValue(args[1]).AsInteger();
    if (!bounds.end) return Value::Null();
  }
  if (args.size() == 4) {
    const auto stride = FirstValue(args[2]).AsInteger();
    if (!stride) return Value::Null();
    if (*stride == 0) return MakeError(Code::kBadData, "{}", kStrideIsZero);
    bounds.stride = *stride;
  }
  return Slice(ValuesOf(values, args.arena()), bounds, args.arena());
}

Result<dtl::Eval> Bind(const dtl::Call& call) {
  if (call.size() == 4 && call.IsConstant(2) && call.Constant(2).AsInteger() == 0) {
    return call.Fail(2, std::string(kStrideIsZero));
  }
  return dtl::Eval(SliceValues);
}

Result<Value> Reverse(const dtl::Args& args) {
  if (!IsSequence(args[0])) return args[0];
  return Slice(ValuesOf(args[0], args.arena()), {.start = {}, .end = {}, .stride = -1},
               args.arena());
}

}  // namespace

void AddSlice(dtl::Catalogue& catalogue) {
  using enum dtl::Kind;
  catalogue.Add({
      .name = "slice",
      .chapter = "lists",
      .params =
          {{"START", kInteger}, {"END", kInteger, 0, 1}, {"STRIDE", kInteger, 0, 1}, {"VALUES"}},
      .doc = "The items of VALUES from number START up to, not including, END, every STRIDE-th of "
             "them. Without END, or where it is null, to the end. Negative numbers count from the "
             "end; with a negative STRIDE the walk goes backwards. STRIDE must not be zero. A "
             "single value is a list of one. Null if VALUES is null or another argument is no "
             "integer.",
      .examples = {{R"(["slice", 2, -2, 2, ["list", 0, 1, 2, 3, 4, 5, 6]])", "[2, 4]"},
                   {R"(["slice", 2, ["list", 0, 1, 2, 3, 4, 5, 6]])", "[2, 3, 4, 5, 6]"}},
      .bind = Bind,
  });
  catalogue.Add({
      .name = "reversed",
      .chapter = "lists",
      .params = {{"VALUES"}},
      .doc = "The items of a list from the last to the first. What is no list stays as it is.",
      .examples = {{R"(["reversed", ["list", 1, 3, 2]])", "[2, 3, 1]"}},
      .eval = Reverse,
  });
}

}  // namespace sluice::functions
