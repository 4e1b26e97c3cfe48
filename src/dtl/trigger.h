// The options of a DTL transform beside its rules: id_required and trigger_on.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/issue.h"
#include "config/view.h"
#include "dtl/names.h"
#include "dtl/program.h"
#include "dtl/wildcard.h"
#include "value/value.h"

namespace sluice::dtl {

// Which entities go through the rules; the others pass as they are.
class Trigger {
 public:
  Trigger(std::vector<NameReference> key, const Value& value);

  bool Matches(const Entity& entity, Arena& arena) const;

 private:
  bool MatchesOne(const Value& value) const;

  std::vector<NameReference> key_;
  std::optional<Wildcard> pattern_;  // Of a string.
  std::string record_;               // Another value, encoded.
};

void ReadIdRequired(const config::ConfigView& transform, CompileOptions& options,
                    config::Issues& issues);

// Nothing if the option is not there or wrong.
std::optional<Trigger> ReadTrigger(const config::ConfigView& view, const Namespaces& namespaces,
                                   config::Issues& issues);

}  // namespace sluice::dtl
