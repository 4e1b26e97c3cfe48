#include "dtl/arity.h"

#include <algorithm>

namespace sluice::dtl {

std::optional<std::vector<const Param*>> MatchParams(const Function& function, size_t count) {
  size_t needed = 0;
  for (const Param& param : function.params) needed += static_cast<size_t>(param.min);
  if (count < needed) return std::nullopt;
  size_t surplus = count - needed;
  std::vector<const Param*> matched;
  matched.reserve(count);
  for (const Param& param : function.params) {
    const size_t room = param.max < 0 ? surplus : static_cast<size_t>(param.max - param.min);
    const size_t taken = static_cast<size_t>(param.min) + std::min(room, surplus);
    surplus -= taken - static_cast<size_t>(param.min);
    matched.insert(matched.end(), taken, &param);
  }
  if (surplus != 0) return std::nullopt;
  return matched;
}

std::string ArityText(const Function& function) {
  int least = 0;
  int most = 0;
  for (const Param& param : function.params) {
    least += param.min;
    if (most >= 0) most = param.max < 0 ? -1 : most + param.max;
  }
  const auto noun = [](int count) { return count == 1 ? "argument" : "arguments"; };
  if (most < 0) return fmt::format("at least {} {}", least, noun(least));
  if (most == 0) return "no arguments";
  if (least == most) return fmt::format("{} {}", least, noun(least));
  if (least + 1 == most) return fmt::format("{} or {} arguments", least, most);
  return fmt::format("{} to {} arguments", least, most);
}

}  // namespace sluice::dtl
