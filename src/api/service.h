// The Service API: its routes over a hub.

#pragma once

#include <functional>
#include <string>

#include "api/router.h"
#include "base/clock.h"
#include "dtl/catalogue.h"
#include "pipe/hub.h"

namespace sluice::api {

struct ServiceOptions {
  pipe::Hub* hub = nullptr;                   // Outlives the server.
  const dtl::Catalogue* catalogue = nullptr;  // For editors; null: none is shown.
  const Clock* clock = &SystemClock();
  std::string version;
  // `sesam` refuses to work with a node that is not in developer mode.
  bool developer_mode = true;
  // Asks for a restart of the hub and returns at once; the answer to the request still goes out.
  // Empty: such requests are refused.
  std::function<void()> restart = {};
  // Makes a backup in the hub's folder of backups and tells of it as JSON; the second lists those
  // that are there, oldest first. Empty: this hub was not told where to put backups.
  std::function<Result<std::string>(const Stop&)> make_backup = {};
  std::function<Result<std::vector<std::string>>()> list_backups = {};
  // Whether the hub is well; the error is shown to everybody who asks. Empty: it is.
  std::function<Result<void>()> health = {};
};

// All routes under /api, and what /api/reference says of them.
Router MakeServiceRouter(ServiceOptions options);

}  // namespace sluice::api
