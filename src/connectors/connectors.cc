#include "connectors/connectors.h"

#include "connectors/csv/csv_source.h"
#include "connectors/http_endpoint/http_endpoint.h"
#include "connectors/json/json.h"
#include "connectors/url/url_system.h"

namespace sluice::connectors {

void AddAll(pipe::Registry& registry) {
  AddUrl(registry);
  AddHttpEndpoint(registry);
  AddJsonSource(registry);
  AddJsonSink(registry);
  AddCsv(registry);
  AddCsvEndpoint(registry);
}

}  // namespace sluice::connectors
