// What the HTTP layer costs the server per entity of 450 bytes: a push in chunks to a handler that
// only looks at the bytes, and an answer that a handler writes entity by entity.

#include <benchmark/benchmark.h>
#include <time.h>

#include "api/server.h"
#include "base/check.h"
#include "tests/http/raw_client.h"

namespace sluice::api {
namespace {

constexpr size_t kEntityBytes = 450;

double Seconds(clockid_t clock) {
  timespec at{};
  clock_gettime(clock, &at);
  return static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec) * 1e-9;
}

// The CPU time of all threads but this one, which is the client's.
double ServerSeconds() {
  return Seconds(CLOCK_PROCESS_CPUTIME_ID) - Seconds(CLOCK_THREAD_CPUTIME_ID);
}

Router MakeRouter() {
  Router router;
  router.Add({.method = Method::kPost,
              .pattern = "/push",
              .permission = Permission::kNone,
              .doc = "Reads all.",
              .handler = [](const Request& request, Answer& answer) -> Result<void> {
                uint64_t total = 0;
                while (true) {
                  SLUICE_TRY(const auto bytes, request.body());
                  if (bytes.empty()) break;
                  total += bytes.size();
                }
                return SendJson(answer, std::to_string(total));
              }});
  router.Add({.method = Method::kGet,
              .pattern = "/pull",
              .permission = Permission::kNone,
              .doc = "Writes many.",
              .handler = [](const Request& request, Answer& answer) -> Result<void> {
                SLUICE_TRY(const auto count, request.query().Count("count"));
                SLUICE_TRY(answer.Start({}));
                const std::string entity(kEntityBytes, 'x');
                for (uint64_t i = 0; i < count.value_or(0); ++i) SLUICE_TRY(answer.Write(entity));
                return {};
              }});
  return router;
}

void Report(benchmark::State& state, uint64_t entities, double server_seconds) {
  state.SetItemsProcessed(static_cast<int64_t>(entities));
  state.counters["server_cpu_ns_per_entity"] = server_seconds * 1e9 / static_cast<double>(entities);
}

// The argument: entities in one chunk.
void Push(benchmark::State& state) {
  Server server(MakeRouter(), {.authenticate = [](std::string_view) { return Principal{}; }});
  auto port = server.Start("127.0.0.1:0");
  SLUICE_CHECK(port.ok());
  const auto in_chunk = static_cast<size_t>(state.range(0));
  const std::string payload(in_chunk * kEntityBytes, 'x');
  std::string chunk;
  while (chunk.size() < 256 * 1024) chunk += fmt::format("{:x}\r\n{}\r\n", payload.size(), payload);
  const uint64_t chunks = chunk.size() / payload.size();
  constexpr int kWrites = 1000;
  uint64_t entities = 0;
  double seconds = 0;
  for (auto _ : state) {
    const double start = ServerSeconds();
    sluice::testing::RawClient client(*port);
    client.Send("POST /push HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < kWrites; ++i) client.Send(chunk);
    client.Send("0\r\n\r\n");
    SLUICE_CHECK(client.Read().status == 200);
    seconds += ServerSeconds() - start;
    entities += kWrites * chunks * in_chunk;
  }
  Report(state, entities, seconds);
}
BENCHMARK(Push)->Arg(1)->Arg(100)->Unit(benchmark::kMillisecond)->UseRealTime();

void Pull(benchmark::State& state) {
  Server server(MakeRouter(), {.authenticate = [](std::string_view) { return Principal{}; }});
  auto port = server.Start("127.0.0.1:0");
  SLUICE_CHECK(port.ok());
  constexpr uint64_t kEntities = 500'000;
  uint64_t entities = 0;
  double seconds = 0;
  for (auto _ : state) {
    const double start = ServerSeconds();
    sluice::testing::RawClient client(*port);
    const auto answer = client.Get(fmt::format("/pull?count={}", kEntities));
    SLUICE_CHECK(answer.body.size() == kEntities * kEntityBytes);
    seconds += ServerSeconds() - start;
    entities += kEntities;
  }
  Report(state, entities, seconds);
}
BENCHMARK(Pull)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace sluice::api

BENCHMARK_MAIN();
