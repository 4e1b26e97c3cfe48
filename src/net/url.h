// URLs: joining, query parameters, what may be shown of one.

#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace sluice::net {

// "http://…" or "https://…", in any case.
bool IsHttpUrl(std::string_view url);

// `reference` resolved against `base` (RFC 3986): "a/b" against "http://h/x/y" is "http://h/x/a/b".
// A reference that is a whole URL stands by itself. kBadConfig where the result is no http or https
// URL.
Result<std::string> JoinUrl(std::string_view base, std::string_view reference);

// Appends a query parameter, percent-encoded, before a fragment.
std::string AddQuery(std::string_view url, std::string_view name, std::string_view value);

// All but unreserved characters (RFC 3986) as %XX.
std::string PercentEncode(std::string_view text);

// Scheme, host and port in one form, so that two URLs of one server compare equal; empty if `url`
// is no URL.
std::string Origin(std::string_view url);

// Without user, password and fragment: for messages and logs.
std::string RedactUrl(std::string_view url);

}  // namespace sluice::net
