#include "tests/simulation/virtual_hub.h"

#include "functions/functions.h"
#include "pipe/pipe_state.h"
#include "storage/engine_store.h"

namespace sluice::pipe::testing {
namespace {

// Longer than any pump waits, also after failures.
constexpr auto kQuiet = std::chrono::minutes(10);
constexpr auto kLongest = std::chrono::hours(24);

}  // namespace

VirtualHub::VirtualHub(ManualClock& clock, SeededRandom& random, Outside& outside)
    : clock_(clock), random_(random) {
  AddBuiltins(registry_);
  registry_.AddSource({.type = "json",
                       .doc = "",
                       .make = [&outside](const config::ConfigView&,
                                          const MakeContext&) -> Result<std::unique_ptr<Source>> {
                         return std::make_unique<OutsideSource>(outside);
                       }});
  registry_.AddSink({.type = "json",
                     .doc = "",
                     .make = [&outside](const config::ConfigView&,
                                        const MakeContext&) -> Result<std::unique_ptr<Sink>> {
                       return std::make_unique<OutsideSink>(outside);
                     }});
  registry_.AddSystem({.type = "system:url",
                       .doc = "",
                       .make = [](const config::ConfigView&,
                                  const MakeContext&) -> Result<std::unique_ptr<System>> {
                         return std::make_unique<UrlSystem>();
                       }});
  dtl::AddSpecialForms(catalogue_);
  functions::AddAll(catalogue_);
}

Result<void> VirtualHub::Open(std::unique_ptr<storage::Engine> engine, size_t bulk_entities_min,
                              Mistakes mistakes, std::string_view pipes) {
  SLUICE_TRY(store_,
             storage::EngineStore::Open(std::move(engine), {.clock = &clock_,
                                                            .random = &random_,
                                                            .bulk_entities_min = bulk_entities_min,
                                                            .free_space_min = 0}));
  HubOptions options{.store = store_.get(), .registry = &registry_, .catalogue = &catalogue_};
  options.clock = &clock_;
  options.random = &random_;
  options.single_thread = true;
  options.mistakes = mistakes;
  options.log = [this](std::string_view level, std::string_view) {
    if (level == "ERROR") ++errors_;
  };
  SLUICE_TRY(hub_, Hub::Open(std::move(options)));
  if (hub_->ListPipes().empty()) {
    SLUICE_TRY(const auto documents, config::ParseDocuments(pipes));
    SLUICE_TRY(const auto outcome, hub_->PutConfig(documents, false));
    if (!outcome.applied) {
      return MakeError(Code::kBadConfig, "{}", config::ValidationErrorsJson(outcome.findings));
    }
    SLUICE_TRY(store_->WaitDurable(store_->last_sequence(), Stop()));
  }
  hub_->Start();
  return {};
}

void VirtualHub::Close() {
  hub_.reset();
  store_.reset();
}

void VirtualHub::Ring() {
  const auto due = hub_->NextAlarm();
  if (due && *due > clock_.Steady()) clock_.Advance(*due - clock_.Steady());
  hub_->Tick();
}

void VirtualHub::Sync() { (void)store_->WaitDurable(store_->last_sequence(), Stop()).ok(); }

void VirtualHub::Reset(std::string_view pipe) {
  // Whoever resets a pipe waits for its run, which on one thread would never end.
  const auto status = hub_->GetPipe(pipe);
  if (!status.ok() || status->pump.is_running || status->pump.is_queued) return;
  // Refused where the disk has failed: then the pipe goes on from where it was.
  (void)hub_->Operate(pipe, PumpOperation::kReset).ok();
}

void VirtualHub::RunToTheEnd() {
  const SteadyTime start = clock_.Steady();
  SteadyTime changed = start;
  while (clock_.Steady() - changed < kQuiet && clock_.Steady() - start < kLongest) {
    const auto before = store_->last_sequence();
    while (Step()) {
    }
    if (store_->last_sequence() != before) changed = clock_.Steady();
    Ring();
  }
}

std::vector<LatestVersion> VirtualHub::Read(std::string_view name,
                                            const storage::ReadOptions& options) {
  std::vector<LatestVersion> versions;
  const auto snapshot = store_->TakeSnapshot();
  const auto info = Ok(snapshot->FindDataset(name));
  if (!info) return versions;
  const auto reader = Ok(snapshot->ReadLog(info->number, options));
  Arena arena;
  while (true) {
    std::vector<Entity> read;
    Ok(reader->Next(100, arena, read));
    if (read.empty()) return versions;
    for (const Entity& entity : read) {
      versions.push_back({.offset = *entity.updated.AsInteger(),
                          .id = std::string(entity.id()),
                          .text = TextOf(entity.dict),
                          .deleted = entity.deleted});
    }
  }
}

std::vector<LatestVersion> VirtualHub::Latest(std::string_view name) { return Read(name, {}); }

std::map<std::string, std::string> VirtualHub::Dataset(std::string_view name) {
  std::map<std::string, std::string> entities;
  for (auto& version : Latest(name)) {
    if (!version.deleted) entities[version.id] = std::move(version.text);
  }
  return entities;
}

std::string VirtualHub::FindWrittenTwice(std::string_view name) {
  std::map<std::string, std::string> before;
  for (auto& version : Read(name, {.history = true})) {
    auto& text = before[version.id];
    if (text == version.text) return version.text;
    text = std::move(version.text);
  }
  return {};
}

std::optional<int64_t> VirtualHub::SavedSince(std::string_view pipe) {
  return Ok(LoadPipeState(*store_, pipe)).Since().AsInteger();
}

}  // namespace sluice::pipe::testing
