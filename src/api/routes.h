// What the files that add routes share. Internal to api/.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/json_writer.h"
#include "api/router.h"
#include "api/service.h"

namespace sluice::api {

using Service = std::shared_ptr<const ServiceOptions>;

void AddNodeRoutes(Router& router, const Service& service);      // The hub itself.
void AddConfigRoutes(Router& router, const Service& service);    // Whole configurations.
void AddVariableRoutes(Router& router, const Service& service);  // Environment, secrets, metadata.
void AddPipeRoutes(Router& router, const Service& service);
void AddPumpRoutes(Router& router, const Service& service);
void AddRunAllRoutes(Router& router, const Service& service);
void AddSystemRoutes(Router& router, const Service& service);
void AddDatasetRoutes(Router& router, const Service& service);
void AddStoreRoutes(Router& router, const Service& service);     // Compaction, backups.
void AddEntityRoutes(Router& router, const Service& service);    // Of datasets and pipes.
void AddEndpointRoutes(Router& router, const Service& service);  // Receivers and publishers.
void AddUnbuiltRoutes(Router& router);  // Documented, and answered with 501.

// Who asked, for the execution log.
pipe::User UserOf(const Request& request);

// Bodies of a component or configuration.
inline const std::vector<std::string> kJsonBody = {"application/json"};
inline const std::vector<std::string> kFormBody = {"application/x-www-form-urlencoded",
                                                   "multipart/form-data"};

// The query parameters that endpoints share.
RouteParameter ForceParameter();
std::vector<RouteParameter> ReadParameters();

// Answers an upload: 400 with what is wrong, or what `applied` writes.
Result<void> SendOutcome(const pipe::ConfigOutcome& outcome, Answer& answer,
                         const std::function<Result<std::string>()>& applied);

// {"message": "OK"}: what the client expects where there is nothing to tell.
Result<void> SendOk(Answer& answer);

}  // namespace sluice::api
