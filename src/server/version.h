// The version of this program, as CMakeLists.txt says.

#pragma once

namespace sluice::server {

#ifndef SLUICE_VERSION
#define SLUICE_VERSION "development"
#endif
inline constexpr const char* kVersion = SLUICE_VERSION;

}  // namespace sluice::server
