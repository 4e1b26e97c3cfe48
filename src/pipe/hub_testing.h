// A hub over a store in memory, a world outside that a test moves, and a clock that stands still.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "config/document.h"
#include "dtl/special_forms.h"
#include "pipe/builtins.h"
#include "pipe/execution_log.h"
#include "pipe/hub.h"
#include "storage/engine_store.h"
#include "tests/support/test_store.h"
#include "value/json.h"
#include "value/number.h"
#include "value/record.h"
#include "value/relations.h"

namespace sluice::pipe::testing {

class ManualClock final : public Clock {
 public:
  WallTime Now() const override { return WallTime(std::chrono::nanoseconds(now_ns_.load())); }
  SteadyTime Steady() const override {
    return SteadyTime(std::chrono::nanoseconds(now_ns_.load()));
  }
  void Advance(std::chrono::nanoseconds by) { now_ns_ += by.count(); }

 private:
  std::atomic<int64_t> now_ns_ = 1'800'000'000'000'000'000;
};

template <class T>
T Ok(Result<T> result) {
  if (!result.ok()) {
    ADD_FAILURE() << result.error().ToText();
    std::abort();
  }
  return std::move(result).value();
}
inline void Ok(const Result<void>& result) { ASSERT_TRUE(result.ok()) << result.error().ToText(); }

inline std::string TextOf(const Value& dict) { return ToJson(dict, {.sort_keys = true}); }

// What lies outside: what the source "json" reads and the sink "json" writes.
struct World {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> source;      // JSON of entities.
  std::vector<std::string> sent;        // What the sink was given, in order.
  std::map<std::string, int> refusals;  // Entity id → how many more times the sink refuses it.
  size_t fail_read_after = SIZE_MAX;    // Reading fails behind so many entities.
  int read_failures = 0;                // How many more times.
  bool block = false;                   // Reading waits until this is false.
  int blocked = 0;                      // Readers that wait.

  template <class F>
  auto With(F&& change) {
    const std::lock_guard lock(mutex);
    struct Notify {
      std::condition_variable& condition;
      ~Notify() { condition.notify_all(); }
    } notify{changed};
    return change(*this);
  }
};

class WorldReader final : public SourceReader {
 public:
  WorldReader(World& world, std::optional<int64_t> since, bool follows)
      : world_(world), next_(since ? static_cast<size_t>(*since + 1) : 0), follows_(follows) {}

  Result<Batch> Next(size_t entities_max, const Stop& stop) override {
    std::unique_lock lock(world_.mutex);
    const std::stop_callback wake(stop.token(), [this] { world_.changed.notify_all(); });
    ++world_.blocked;
    world_.changed.notify_all();
    world_.changed.wait(lock, [&] { return !world_.block || stop.IsSet(); });
    --world_.blocked;
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
    Batch batch;
    JsonParser parser;
    while (batch.entities.size() < entities_max && next_ < world_.source.size()) {
      if (next_ >= world_.fail_read_after && world_.read_failures > 0) {
        --world_.read_failures;
        return MakeError(Code::kUnavailable, "the world is away");
      }
      Entity entity;
      entity.dict = Ok(parser.Parse(world_.source[next_], *batch.arena));
      entity.updated = Value::Integer(static_cast<int64_t>(next_));
      entity.deleted = entity.dict.Find("_deleted").AsBoolean().value_or(false);
      batch.entities.push_back(entity);
      ++next_;
    }
    ended_ = batch.entities.empty();
    return batch;
  }
  Value since() const override {
    return follows_ && next_ > 0 ? Value::Integer(static_cast<int64_t>(next_ - 1)) : Value::Null();
  }
  bool complete() const override { return ended_; }

 private:
  World& world_;
  size_t next_;
  bool follows_;
  bool ended_ = false;
};

class WorldSource final : public Source {
 public:
  WorldSource(World& world, bool follows) : world_(world), follows_(follows) {}
  Continuation continuation() const override {
    return {.supports_since = follows_, .is_chronological = follows_};
  }
  Result<std::unique_ptr<SourceReader>> Open(const OpenRequest& request) override {
    return std::make_unique<WorldReader>(world_, request.since.AsInteger(), follows_);
  }

 private:
  World& world_;
  bool follows_;
};

class WorldWriter final : public SinkWriter {
 public:
  explicit WorldWriter(World& world) : world_(world) {}
  Result<WriteCounts> Write(const Batch& batch, const Checkpoint&, const Stop&) override {
    const std::lock_guard lock(world_.mutex);
    for (const Entity& entity : batch.entities) {
      auto refusal = world_.refusals.find(std::string(entity.id()));
      if (refusal == world_.refusals.end() || refusal->second == 0) continue;
      if (batch.entities.size() == 1) --refusal->second;
      return MakeError(Code::kBadData, "refused {}", entity.id());
    }
    for (const Entity& entity : batch.entities) world_.sent.push_back(TextOf(entity.dict));
    return WriteCounts{.written = batch.entities.size()};
  }
  Result<WriteCounts> Finish(bool, const Checkpoint&, const Stop&) override {
    return WriteCounts{};
  }
  void Abort() override {}

 private:
  World& world_;
};

class WorldSink final : public Sink {
 public:
  explicit WorldSink(World& world) : world_(world) {}
  Result<std::unique_ptr<SinkWriter>> Open(RunKind, const Stop&) override {
    return std::make_unique<WorldWriter>(world_);
  }

 private:
  World& world_;
};

class UrlSystem final : public System {};

inline void AddTestFunctions(dtl::Catalogue& catalogue) {
  using dtl::Kind;
  catalogue.Add({.name = "eq",
                 .chapter = "test",
                 .params = {{"A", Kind::kValues}, {"B", Kind::kValues}},
                 .eval = [](const dtl::Args& args) -> Result<Value> {
                   return Value::Boolean(Equal(args[0], args[1]));
                 }});
  catalogue.Add({.name = "plus",
                 .chapter = "test",
                 .params = {{"A", Kind::kValues}, {"B", Kind::kValues}},
                 .eval = [](const dtl::Args& args) -> Result<Value> {
                   if (!args[0].IsNumber() || !args[1].IsNumber()) return Value::Null();
                   return Calculate(Operator::kPlus, args[0], args[1], args.arena());
                 }});
  catalogue.Add({.name = "gt",
                 .chapter = "test",
                 .params = {{"A", Kind::kValues}, {"B", Kind::kValues}},
                 .eval = [](const dtl::Args& args) -> Result<Value> {
                   return Value::Boolean(Compare(args[0], args[1]) > 0);
                 }});
}

// A hub whose pumps run when they are told to, unless `automatic`.
class TestHub {
 public:
  struct Options {
    bool automatic = false;
    size_t threads = 2;
    bool rocks = false;  // A store on disk, closed and opened again by Reopen.
    std::function<void(Registry&)> extend = {};  // What else there is.
    // What a store in memory lies on; asked for again by Reopen.
    std::function<std::unique_ptr<storage::Engine>()> engine = {};
    size_t affected_bytes_max = limits::kAffectedBytesMax;
  };
  TestHub() : TestHub(Options{}) {}
  explicit TestHub(Options options) : options_(std::move(options)) {
    OpenStore();
    AddBuiltins(registry_);
    registry_.AddSource({.type = "json",
                         .doc = "",
                         .make = [this](const config::ConfigView& config,
                                        const MakeContext&) -> Result<std::unique_ptr<Source>> {
                           const bool follows = config["supports_since"].value().IsTrue();
                           return std::make_unique<WorldSource>(world, follows);
                         }});
    registry_.AddSink({.type = "json",
                       .doc = "",
                       .make = [this](const config::ConfigView&,
                                      const MakeContext&) -> Result<std::unique_ptr<Sink>> {
                         return std::make_unique<WorldSink>(world);
                       }});
    registry_.AddSystem({.type = "system:url",
                         .doc = "",
                         .make = [](const config::ConfigView&,
                                    const MakeContext&) -> Result<std::unique_ptr<System>> {
                           return std::make_unique<UrlSystem>();
                         }});
    if (options_.extend) options_.extend(registry_);
    dtl::AddSpecialForms(catalogue_);
    AddTestFunctions(catalogue_);
    Open();
  }

  // As after a restart: the store stays.
  void Reopen() {
    hub.reset();
    if (options_.rocks || options_.engine) OpenStore();
    Open();
  }
  void Open() {
    HubOptions hub_options{.store = store_.get(), .registry = &registry_, .catalogue = &catalogue_};
    hub_options.clock = &clock;
    hub_options.random = &random;
    hub_options.threads = options_.threads;
    hub_options.affected_bytes_max = options_.affected_bytes_max;
    hub_options.schedules = options_.automatic;
    hub_options.signals = options_.automatic;
    hub = Ok(Hub::Open(hub_options));
    if (options_.automatic) hub->Start();
  }

  ConfigOutcome Put(std::string_view json, bool force = false) {
    return Ok(hub->PutConfig(Ok(config::ParseDocuments(json)), force));
  }
  // Fails the test where the configuration has errors.
  void MustPut(std::string_view json) {
    const ConfigOutcome outcome = Put(json);
    EXPECT_TRUE(outcome.valid) << config::ValidationErrorsJson(outcome.findings);
    ASSERT_TRUE(outcome.applied);
  }
  void MustPutOne(std::string_view json) {
    const auto outcome = Ok(hub->PutComponents(Ok(config::ParseDocuments(json)), false));
    EXPECT_TRUE(outcome.valid) << config::ValidationErrorsJson(outcome.findings);
    ASSERT_TRUE(outcome.applied);
  }

  RunReport TryRun(std::string_view pipe, RunKind kind = RunKind::kIncremental) {
    return Ok(hub->RunPipe(pipe, kind, Stop()));
  }
  RunReport Run(std::string_view pipe, RunKind kind = RunKind::kIncremental) {
    RunReport report = TryRun(pipe, kind);
    EXPECT_EQ(report.outcome, RunOutcome::kCompleted)
        << pipe << ": " << (report.error ? report.error->ToText() : "stopped");
    return report;
  }

  // Live entities, by id, as JSON with sorted names.
  std::string Dataset(std::string_view name) { return Entities(name, false); }
  // All versions that are kept, in the order of their offsets.
  std::string History(std::string_view name) { return Entities(name, true); }

  // Entities into a dataset that no pipe writes.
  void Feed(const std::string& dataset, const std::vector<std::string>& entities,
            bool populated = true) {
    const auto info = Ok(store_->CreateDataset(dataset, {}));
    JsonParser parser;
    std::deque<std::string> records;
    std::vector<storage::Append> appends;
    for (const std::string& text : entities) {
      Arena arena;
      const Value dict = Ok(parser.Parse(text, arena));
      EncodeForDataset(dict, records.emplace_back());
      storage::Append append;
      append.record = records.back();
      append.id = Decode(records.back()).Find("_id").text();
      append.hash = IdentityHashOfRecord(records.back());
      append.deleted = Decode(records.back()).Find("_deleted").IsTrue();
      appends.push_back(append);
    }
    Ok(store_->Write({.dataset = info.number, .appends = appends}));
    if (populated && !info.populated) Ok(store_->SetPopulated(info.number, true));
  }

  storage::Store& store() { return *store_; }

  ManualClock clock;
  SeededRandom random{7};
  World world;

 private:
  std::string Entities(std::string_view name, bool history) {
    const auto snapshot = store_->TakeSnapshot();
    const auto info = Ok(snapshot->FindDataset(name));
    if (!info) return "none";
    auto reader = Ok(snapshot->ReadLog(info->number, {.history = history, .deleted = history}));
    std::vector<std::string> texts;
    Arena arena;
    while (true) {
      std::vector<Entity> entities;
      Ok(reader->Next(1000, arena, entities));
      if (entities.empty()) break;
      for (const Entity& entity : entities) texts.push_back(TextOf(entity.dict));
    }
    if (!history) std::ranges::sort(texts);
    std::string all;
    for (const std::string& text : texts) all += (all.empty() ? "" : " ") + text;
    return all;
  }

  void OpenStore() {
    store_.reset();
    if (options_.rocks) {
      store_ = Ok(storage::OpenRocksStore(folder_.path(), {.clock = &clock}));
    } else if (options_.engine) {
      store_ = Ok(storage::EngineStore::Open(options_.engine(), {.clock = &clock}));
    } else {
      store_ = storage::MakeMemoryStore({.clock = &clock});
    }
  }

  Options options_;
  storage::testing::TemporaryFolder folder_;
  std::unique_ptr<storage::Store> store_;
  Registry registry_;
  dtl::Catalogue catalogue_;

 public:
  std::unique_ptr<Hub> hub;  // Goes first.
};

}  // namespace sluice::pipe::testing
