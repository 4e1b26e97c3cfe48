#include "tests/model/world.h"

#include <gtest/gtest.h>

#include <deque>

#include "config/document.h"
#include "dtl/special_forms.h"
#include "functions/functions.h"
#include "pipe/builtins.h"
#include "storage/engine_store.h"
#include "storage/memory_engine.h"
#include "tests/support/index_keeping_engine.h"
#include "value/json.h"
#include "value/record.h"
#include "value/relations.h"

namespace sluice::model {
namespace {

template <class T>
T Ok(Result<T> result) {
  if (!result.ok()) {
    ADD_FAILURE() << result.error().ToText();
    std::abort();
  }
  return std::move(result).value();
}
void Ok(const Result<void>& result) {
  if (!result.ok()) {
    ADD_FAILURE() << result.error().ToText();
    std::abort();
  }
}

Json ModelOf(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return {};
    case Kind::kBoolean:
      return Json::Boolean(value.IsTrue());
    case Kind::kInteger:
      return Json::Integer(*value.AsInteger());
    case Kind::kString:
      return Json::Text(std::string(value.text()));
    case Kind::kNi:
      return Json::Text("~:" + std::string(*value.AsNi()));
    case Kind::kList:
    case Kind::kTuple: {
      std::vector<Json> items;
      for (const Value& item : value.items()) items.push_back(ModelOf(item));
      return Json::List(std::move(items));
    }
    case Kind::kDict: {
      std::map<std::string, Json> properties;
      for (const Property& property : value.properties()) {
        properties[std::string(property.name)] = ModelOf(property.value);
      }
      return Json::Dict(std::move(properties));
    }
    default:
      ADD_FAILURE() << "the model knows no " << ToString(value.kind());
      return {};
  }
}

}  // namespace

World::World(Mistakes mistakes) : mistakes_(mistakes) {
  auto engine = storage::MakeMemoryEngine();
  if (mistakes.old_index_keys) {
    engine = std::make_unique<storage::testing::IndexKeepingEngine>(std::move(engine));
  }
  store_ = Ok(storage::EngineStore::Open(std::move(engine), {.clock = &clock_}));
  pipe::AddBuiltins(registry_);
  pipe::testing::PlantMergeMistake(registry_, mistakes.merging);
  dtl::AddSpecialForms(catalogue_);
  functions::AddAll(catalogue_);
  Open();
}

World::~World() = default;

void World::Open(Threads threads) {
  pipe::HubOptions options{.store = store_.get(), .registry = &registry_, .catalogue = &catalogue_};
  options.clock = &clock_;
  options.random = &random_;
  options.threads = 1;
  options.single_thread = threads == Threads::kNone;
  options.schedules = false;
  options.signals = false;
  options.mistakes = mistakes_.tracking;
  hub_ = Ok(pipe::Hub::Open(options));
}

void World::Reopen() {
  Close();
  Open();
}

void World::Close() {
  hub_.reset();
  // Holds live as long as the process.
  for (const auto& hold : store_->ListHolds()) {
    store_->SetHold(hold.dataset, hold.holder, std::nullopt);
  }
}

void World::Configure(const Configuration& configuration) {
  const std::string text =
      WriteConfiguration(configuration, {.null_is_a_key = mistakes_.null_is_a_key});
  const auto outcome = Ok(hub_->PutConfig(Ok(config::ParseDocuments(text)), false));
  ASSERT_TRUE(outcome.applied) << config::ValidationErrorsJson(outcome.findings) << "\n" << text;
}

void World::PutPipe(const Pipe& pipe) {
  const std::string text = WritePipe(pipe, {.null_is_a_key = mistakes_.null_is_a_key});
  const auto outcome = Ok(hub_->PutComponents(Ok(config::ParseDocuments("[" + text + "]")), false));
  ASSERT_TRUE(outcome.applied) << config::ValidationErrorsJson(outcome.findings);
}

void World::Reset(const std::string& pipe) { Ok(hub_->Operate(pipe, pipe::PumpOperation::kReset)); }

pipe::RunReport World::Run(const std::string& pipe, std::function<void()> between) {
  clock_.on_look = std::move(between);
  auto report = Ok(hub_->RunPipe(pipe, pipe::RunKind::kIncremental, Stop()));
  clock_.on_look = {};
  return report;
}

void World::RunPartly(const std::string& pipe, uint64_t steps, std::function<void()> between) {
  Close();
  Open(Threads::kNone);
  Ok(hub_->Operate(pipe, pipe::PumpOperation::kStart));
  clock_.on_look = std::move(between);
  while (steps-- > 0 && hub_->Step()) continue;
  clock_.on_look = {};
  Reopen();
}

void World::Write(const std::string& dataset, const std::vector<std::string>& entities) {
  const auto info = Ok(store_->CreateDataset(dataset, {}));
  if (!info.populated) Ok(store_->SetPopulated(info.number, true));
  JsonParser parser;
  std::deque<std::string> records;
  std::vector<storage::Append> appends;
  for (const std::string& text : entities) {
    Arena arena;
    EncodeForDataset(Ok(parser.Parse(text, arena)), records.emplace_back());
    const Value dict = Decode(records.back());
    storage::Append append;
    append.record = records.back();
    append.id = dict.Find("_id").text();
    append.hash = IdentityHashOfRecord(records.back());
    append.deleted = dict.Find("_deleted").IsTrue();
    appends.push_back(append);
  }
  Ok(store_->Write({.dataset = info.number, .appends = appends}));
}

void World::Truncate(const std::string& dataset) {
  if (!store_->FindDataset(dataset)) return;
  const auto info = Ok(store_->TruncateDataset(dataset));
  Ok(store_->SetPopulated(info.number, true));
}

void World::Recreate(const std::string& dataset) {
  if (store_->FindDataset(dataset)) Ok(store_->DeleteDataset(dataset));
  Write(dataset, {});
}

std::vector<Stored> World::Read(const std::string& dataset) const {
  std::vector<Stored> entities;
  const auto snapshot = store_->TakeSnapshot();
  const auto info = Ok(snapshot->FindDataset(dataset));
  if (!info) return entities;
  auto reader = Ok(snapshot->ReadLog(info->number, {}));
  Arena arena;
  while (true) {
    std::vector<Entity> read;
    Ok(reader->Next(100, arena, read));
    if (read.empty()) return entities;
    for (const Entity& entity : read) {
      entities.push_back({.entity = ModelOf(entity.dict), .deleted = entity.deleted});
    }
  }
}

}  // namespace sluice::model
