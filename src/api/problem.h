// Problem: an answer that says what went wrong, {"code", "message", "at"?}.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace sluice::api {

struct Problem {
  int status = 500;
  std::string
      code;  // The kebab-case name of the error's code, or HTTP's own ("method-not-allowed").
  std::string message;
  std::string at = {};
  std::vector<std::pair<std::string, std::string>> headers = {};

  std::string ToJson() const;
};

// The status that an error's code stands for, with the headers it asks for.
Problem ToProblem(const Error& error);

}  // namespace sluice::api
