// What a receiver costs for an entity, beside HTTP and the store: splitting, parsing, checking.

#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include "connectors/http_endpoint/receiver.h"

namespace sluice::connectors {
namespace {

// Takes batches and forgets them.
class NullInlet final : public pipe::Inlet {
 public:
  Result<pipe::WriteCounts> Write(pipe::Batch batch, std::optional<uint64_t>,
                                  const Stop&) override {
    benchmark::DoNotOptimize(batch.entities.data());
    return pipe::WriteCounts{.written = batch.entities.size()};
  }
  Result<uint64_t> BeginFullRun() override { return uint64_t{1}; }
  Result<pipe::WriteCounts> FinishFullRun(uint64_t, const Stop&) override {
    return pipe::WriteCounts();
  }
  Result<void> AbortFullRun(uint64_t) override { return {}; }
  Result<void> WaitDurable(const Stop&) override { return {}; }
  Result<std::string> LoadState() override { return std::string(); }
  Result<void> StoreState(std::string_view) override { return {}; }
};

// An array of entities of about 450 bytes.
std::string MakeBody(int count) {
  std::string body = "[";
  for (int i = 0; i < count; ++i) {
    body += fmt::format(
        R"({}{{"_id":"customer:{}","name":"Customer number {}","email":"customer{}@example.com",)"
        R"("age":{},"balance":{}.25,"active":true,"tags":["alpha","beta","gamma"],)"
        R"("address":{{"street":"Long street {}","city":"Oslo","zip":"{:04}","country":"NO"}},)"
        R"("created":"~t2020-01-02T03:04:05.123456Z","owner":"~:crm:user-{}","notes":"{}"}})",
        i == 0 ? "" : ",", i, i, i, i % 90, i, i, i % 9999, i % 500, std::string(120, 'n'));
  }
  return body + "]";
}

void Receive(benchmark::State& state) {
  constexpr int kCount = 100'000;
  const std::string body = MakeBody(kCount);
  const auto step = static_cast<size_t>(state.range(0));
  NullInlet inlet;
  PushReceiver receiver({.entity_bytes_max = 100'000'000}, inlet);
  const pipe::EndpointRequest request{.kind = "entities", .content_type = "application/json"};
  for (auto _ : state) {
    size_t at = 0;
    auto result = receiver.Receive(
        request,
        [&]() -> Result<std::string_view> {
          const auto piece = std::string_view(body).substr(std::min(at, body.size()), step);
          at += step;
          return piece;
        },
        Stop());
    if (!result.ok()) state.SkipWithError(result.error().message.c_str());
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * kCount);
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * body.size()));
}
BENCHMARK(Receive)->Arg(16 * 1024)->Arg(64 * 1024)->Arg(1024 * 1024)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sluice::connectors

BENCHMARK_MAIN();
