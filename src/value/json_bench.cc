// Parsing, building, hashing and writing entities of about 450 bytes, like those of bench/limits.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "base/random.h"
#include "value/json.h"
#include "value/record.h"
#include "value/relations.h"

namespace sluice {
namespace {

constexpr size_t kEntities = 20'000;
constexpr size_t kChunkBytes = 256 * 1024;

std::string MakeEntity(uint64_t number, SeededRandom& random) {
  static constexpr std::array kNames{"Kari", "Ola",   "Åse", "Bjørn",
                                     "Maja", "Søren", "Zoë", "Jürgen"};
  static constexpr std::array kWords{"invoice", "agreed",  "with", "customer", "\\\"urgent\\\"",
                                     "quarter", "blåbær",  "of",   "delivery", "contract",
                                     "renewal", "meeting", "in",   "the",      "office",
                                     "before"};
  const auto pick = [&](const auto& from) { return from[random.Below(from.size())]; };
  std::string notes;
  for (int i = 0; i < 14; ++i)
    notes.append(i == 7 ? "\\n" : i == 0 ? "" : " ").append(pick(kWords));
  return fmt::format(
      R"({{"_id":"person:{}","name":"{} Nordmann","email":"user.{}@example.org","age":{},"salary":{}.{},)"
      R"("active":{},"manager":"~:person:{}","hired":"~t20{:02}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",)"
      R"("address":{{"street":"Storgata {}","zip":"{:04}","city":"Trondheim","country":"NO"}},)"
      R"("tags":["blue","quick","north"],"department":"~:department:{}","notes":"{}","left":null}})",
      10'000'000 + number, pick(kNames), 10'000'000 + number, 18 + random.Below(60),
      30'000 + random.Below(60'000), 1 + random.Below(98), random.Below(4) != 0,
      10'000'000 + number / 16, random.Below(25), 1 + random.Below(12), 1 + random.Below(28),
      random.Below(24), random.Below(60), random.Below(60), 1 + random.Below(999),
      1 + random.Below(250), random.Below(10'000), random.Below(40), notes);
}

const std::vector<std::string>& Entities() {
  static const auto entities = [] {
    SeededRandom random(1);
    std::vector<std::string> made;
    for (size_t i = 0; i < kEntities; ++i) made.push_back(MakeEntity(i * 7919 % kEntities, random));
    return made;
  }();
  return entities;
}

std::string Array() {
  std::string text;
  for (const auto& entity : Entities()) text += (text.empty() ? "[" : ",") + entity;
  return text + "]";
}

std::vector<std::string> Records() {
  std::vector<std::string> records;
  JsonParser parser;
  for (const auto& entity : Entities()) {
    if (!parser.Parse(entity, records.emplace_back()).ok()) std::abort();
  }
  return records;
}

// Calls `take` with the record of every entity of one array that comes in chunks.
template <class Take>
void Stream(std::string_view text, Take take) {
  JsonStream stream;
  std::string record;
  for (size_t at = 0; at < text.size(); at += kChunkBytes) {
    stream.Feed(text.substr(at, kChunkBytes));
    while (true) {
      record.clear();
      const auto more = stream.Next(record);
      if (!more.ok()) std::abort();
      if (!*more) break;
      take(record);
    }
  }
}

template <class Take>
void RunStream(benchmark::State& state, Take take) {
  const auto text = Array();
  for (auto _ : state) Stream(text, take);
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kEntities));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}

void BM_StreamArray(benchmark::State& state) {
  RunStream(state, [](const std::string& record) { benchmark::DoNotOptimize(record.data()); });
}
BENCHMARK(BM_StreamArray);

void BM_StreamArrayAndHash(benchmark::State& state) {
  RunStream(state, [](const std::string& record) {
    benchmark::DoNotOptimize(IdentityHash(Decode(record)));
  });
}
BENCHMARK(BM_StreamArrayAndHash);

void BM_StreamArrayStoreAndHash(benchmark::State& state) {
  std::string stored;
  RunStream(state, [&](const std::string& record) {
    stored.clear();
    EncodeForDataset(Decode(record), stored);
    benchmark::DoNotOptimize(IdentityHashOfRecord(stored));
  });
}
BENCHMARK(BM_StreamArrayStoreAndHash);

void BM_ParseOneByOne(benchmark::State& state) {
  JsonParser parser;
  std::string record;
  for (auto _ : state) {
    for (const auto& entity : Entities()) {
      record.clear();
      if (!parser.Parse(entity, record).ok()) std::abort();
      benchmark::DoNotOptimize(record.data());
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kEntities));
}
BENCHMARK(BM_ParseOneByOne);

void BM_WriteJson(benchmark::State& state) {
  const auto records = Records();
  std::string text;
  for (auto _ : state) {
    for (const auto& record : records) {
      if (text.size() > 1024 * 1024) text.clear();
      WriteJson(Decode(record), text);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kEntities));
}
BENCHMARK(BM_WriteJson);

void BM_CheckRecord(benchmark::State& state) {
  const auto records = Records();
  for (auto _ : state) {
    for (const auto& record : records) benchmark::DoNotOptimize(CheckRecord(record).ok());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kEntities));
}
BENCHMARK(BM_CheckRecord);

}  // namespace
}  // namespace sluice

BENCHMARK_MAIN();
