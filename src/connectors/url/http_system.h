// HttpSystem: a system that sources and sinks talk HTTP to.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/stop.h"
#include "config/view.h"
#include "net/http_client.h"
#include "pipe/registry.h"

namespace sluice::connectors {

class HttpSystem : public pipe::System {
 public:
  // Sends a request. Its URL is relative to the system or whole; its headers win over the system's.
  // Success is an answer with a status from 200 to 299; other statuses are errors
  // (net::CheckStatus) that carry what the system's configuration says about retries. The answer
  // must not outlive the system.
  virtual Result<std::unique_ptr<net::HttpResponse>> Call(net::HttpRequest request,
                                                          const Stop& stop) = 0;
};

// The system `id`, named at `place`; kBadConfig if there is none, or if it is of another kind.
Result<HttpSystem*> FindHttpSystem(const pipe::MakeContext& context, std::string_view id,
                                   const config::ConfigView& place);

}  // namespace sluice::connectors
