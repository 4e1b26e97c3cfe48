// Figures of the store on RocksDB: ingest, change detection, scan, look-ups, single durable
// commits. Benchmarks run on entities of about 450 bytes whose ids come in scattered order.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>

#include "storage/store.h"
#include "value/record.h"
#include "value/relations.h"

namespace sluice::storage {
namespace {

constexpr size_t kEntities = 200'000;

template <class T>
T Ok(Result<T> result) {
  SLUICE_CHECK(result.ok());
  return std::move(result).value();
}

// Records and ids in one block of memory.
class Entities {
 public:
  Entities(size_t count, int64_t revision) {
    std::string record;
    appends_.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      // An odd factor scatters the ids and keeps them distinct.
      const auto id = arena_.Copy("entity-" + std::to_string((i * 2654435761u) % 4294967296u));
      const auto text =
          arena_.Copy(std::string(100, static_cast<char>('a' + i % 26)) + std::string(id));
      record.clear();
      const Property properties[] = {{"_id", Value::String(id)},
                                     {"address", Value::String(text)},
                                     {"city", Value::String(text)},
                                     {"name", Value::String(text)},
                                     {"revision", Value::Integer(revision)}};
      EncodeForDataset(Value::Dict(properties), record);
      Append append;
      append.record = arena_.Copy(record);
      append.id = id;
      append.hash = IdentityHashOfRecord(append.record);
      appends_.push_back(append);
    }
  }
  std::span<const Append> appends() const { return appends_; }

 private:
  Arena arena_;
  std::vector<Append> appends_;
};

class BenchStore {
 public:
  BenchStore() {
    auto pattern = (std::filesystem::temp_directory_path() / "sluice-bench-XXXXXX").string();
    SLUICE_CHECK(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    store_ = Ok(OpenRocksStore(folder_, {}));
  }
  ~BenchStore() {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  BenchStore(const BenchStore&) = delete;
  BenchStore& operator=(const BenchStore&) = delete;
  Store* operator->() { return store_.get(); }

  void Write(DatasetNumber dataset, std::span<const Append> appends, size_t batch) {
    for (size_t start = 0; start < appends.size(); start += batch) {
      Commit commit;
      commit.dataset = dataset;
      commit.appends = appends.subspan(start, std::min(batch, appends.size() - start));
      Ok(store_->Write(commit));
    }
  }

 private:
  std::string folder_;
  std::unique_ptr<Store> store_;
};

void SetRate(benchmark::State& state, size_t per_iteration) {
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) *
                          static_cast<int64_t>(per_iteration));
}

void BM_IngestFresh(benchmark::State& state) {
  const Entities entities(kEntities, 1);
  BenchStore store;
  int number = 0;
  for (auto _ : state) {
    const auto dataset = Ok(store->CreateDataset("d" + std::to_string(number++), {})).number;
    store.Write(dataset, entities.appends(), static_cast<size_t>(state.range(0)));
  }
  SetRate(state, kEntities);
}
BENCHMARK(BM_IngestFresh)
    ->Arg(1'000)
    ->Arg(10'000)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->Iterations(5);

void BM_IngestUnchanged(benchmark::State& state) {
  const Entities entities(kEntities, 1);
  BenchStore store;
  const auto dataset = Ok(store->CreateDataset("d", {})).number;
  store.Write(dataset, entities.appends(), 10'000);
  for (auto _ : state)
    store.Write(dataset, entities.appends(), static_cast<size_t>(state.range(0)));
  SetRate(state, kEntities);
}
BENCHMARK(BM_IngestUnchanged)
    ->Arg(1'000)
    ->Arg(10'000)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->Iterations(5);

void BM_IngestChanged(benchmark::State& state) {
  const Entities odd(kEntities, 1), even(kEntities, 2);
  BenchStore store;
  const auto dataset = Ok(store->CreateDataset("d", {})).number;
  Ok(store->Write({.dataset = dataset, .populated = true}));
  store.Write(dataset, even.appends(), 10'000);
  int round = 0;
  for (auto _ : state) {
    store.Write(dataset, (round++ % 2 == 0 ? odd : even).appends(),
                static_cast<size_t>(state.range(0)));
  }
  SetRate(state, kEntities);
}
BENCHMARK(BM_IngestChanged)
    ->Arg(10'000)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->Iterations(5);

void BM_Scan(benchmark::State& state) {
  const Entities entities(kEntities, 1);
  BenchStore store;
  const auto dataset = Ok(store->CreateDataset("d", {})).number;
  store.Write(dataset, entities.appends(), 10'000);
  Arena arena;
  std::vector<Entity> out;
  for (auto _ : state) {
    const auto reader = Ok(store->TakeSnapshot()->ReadLog(dataset, {}));
    do {
      arena.Clear();
      out.clear();
      SLUICE_CHECK(reader->Next(1'000, arena, out).ok());
    } while (!out.empty());
  }
  SetRate(state, kEntities);
}
BENCHMARK(BM_Scan)->Unit(benchmark::kMillisecond)->Iterations(5);

void BM_Get(benchmark::State& state) {
  const Entities entities(kEntities, 1);
  BenchStore store;
  const auto dataset = Ok(store->CreateDataset("d", {})).number;
  store.Write(dataset, entities.appends(), 10'000);
  const auto snapshot = store->TakeSnapshot();
  constexpr size_t kIds = 100;
  std::array<std::string_view, kIds> ids;
  size_t at = 0;
  for (auto _ : state) {
    Arena arena;
    for (auto& id : ids) id = entities.appends()[(at += 7'919) % kEntities].id;
    benchmark::DoNotOptimize(Ok(snapshot->Get(dataset, ids, arena)));
  }
  SetRate(state, kIds);
}
BENCHMARK(BM_Get)->Unit(benchmark::kMicrosecond);

void BM_SingleDurable(benchmark::State& state) {
  const Entities entities(20'000, 1);
  BenchStore store;
  const auto dataset = Ok(store->CreateDataset("d", {})).number;
  size_t at = 0;
  for (auto _ : state) {
    Commit commit;
    commit.dataset = dataset;
    commit.appends = entities.appends().subspan(at++ % 20'000, 1);
    const auto receipt = Ok(store->Write(commit));
    if (state.range(0) != 0) SLUICE_CHECK(store->WaitDurable(receipt.sequence, Stop()).ok());
  }
  SetRate(state, 1);
}
BENCHMARK(BM_SingleDurable)
    ->ArgName("durable")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMicrosecond)
    ->Iterations(2'000);

}  // namespace
}  // namespace sluice::storage

BENCHMARK_MAIN();
