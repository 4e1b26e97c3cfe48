#include "connectors/connectors.h"

#include "connectors/http_endpoint/http_endpoint.h"

namespace sluice::connectors {

void AddAll(pipe::Registry& registry) { AddHttpEndpoint(registry); }

}  // namespace sluice::connectors
