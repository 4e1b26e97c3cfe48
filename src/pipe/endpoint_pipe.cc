#include "pipe/endpoint_pipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pipe/flow.h"
#include "pipe/pipe_state.h"
#include "value/json.h"

namespace sluice::pipe {
namespace {

// Reads a source, and passes what comes through the pipe's transforms.
class OutletReader final : public SourceReader {
 public:
  OutletReader(std::shared_ptr<const CompiledPipe> pipe, storage::Store& store,
               std::unique_ptr<SourceReader> reader)
      : pipe_(std::move(pipe)), store_(store), reader_(std::move(reader)) {}

  Result<Batch> Next(size_t entities_max, const Stop& stop) override {
    while (true) {
      SLUICE_TRY(auto batch, reader_->Next(entities_max, stop));
      if (batch.entities.empty()) return batch;
      // What leaves the hub must survive a loss of power.
      if (batch.snapshot) {
        SLUICE_TRY(store_.WaitDurable(batch.snapshot->sequence(), stop));
      }
      SLUICE_TRY(auto out, PassThrough(*pipe_, std::move(batch), stop));
      std::erase_if(out.entities, [](const Entity& entity) { return entity.filtered; });
      // An empty batch means the end, so a batch that was filtered as a whole is not given.
      if (!out.entities.empty()) return out;
    }
  }
  Value since() const override { return reader_->since(); }
  bool complete() const override { return reader_->complete(); }

 private:
  std::shared_ptr<const CompiledPipe> pipe_;
  storage::Store& store_;
  std::unique_ptr<SourceReader> reader_;
};

// The scope of one dataset, "NUMBER:UUID", as the UUID alone (json-pull.rst); that of several as it
// is.
std::string GenerationOf(std::string scope) {
  constexpr size_t kDigits = 32;
  const size_t colon = scope.find(':');
  if (colon == std::string::npos || scope.size() - colon - 1 != kDigits ||
      scope.find_first_not_of("0123456789") != colon) {
    return scope;
  }
  std::string uuid = scope.substr(colon + 1);
  if (uuid.find_first_not_of("0123456789abcdef") != std::string::npos) return scope;
  for (const size_t place : {8u, 13u, 18u, 23u}) uuid.insert(place, 1, '-');
  return uuid;
}

Error Gone(const std::string& pipe) {
  return MakeError(Code::kConflict, "the configuration of the pipe \"{}\" has changed", pipe);
}

}  // namespace

PipeInlet::PipeInlet(std::shared_ptr<const CompiledPipe> pipe, storage::Store& store)
    : pipe_(std::move(pipe)), store_(store) {}

Result<PipeInlet::Shared> PipeInlet::Enter() {
  Shared lock(gate_);
  if (closed_) return Gone(pipe_->id);
  return lock;
}

void PipeInlet::Close() {
  const std::lock_guard lock(gate_);
  closed_ = true;
}

void PipeInlet::Wrote(storage::CommitSequence sequence) {
  auto seen = last_written_.load();
  while (seen < sequence && !last_written_.compare_exchange_weak(seen, sequence)) {
  }
}

// Gathers what goes to a dataset; what goes outside is written at once.
class PipeInlet::Writer final : public InletWriter {
 public:
  Writer(PipeInlet& inlet, std::optional<uint64_t> full_run) : inlet_(inlet), full_run_(full_run) {
    if (const DatasetSink* sink = inlet.pipe_->dataset_sink) load_.emplace(*sink);
  }

  Result<void> Write(Batch batch, const Stop& stop) override {
    SLUICE_TRY(Take(std::move(batch), stop));
    return load_ && load_->Full() ? Send() : Result<void>();
  }

  Result<void> Flush(const Stop&) override {
    if (!load_) return {};
    SLUICE_TRY(const auto sent, load_->Wait());
    Stored(sent, std::exchange(sent_, 0));
    const uint64_t held = std::exchange(held_, 0);
    if (load_->entities() != 0) {
      SLUICE_TRY(const auto last, load_->Commit(CommitBy()));
      Stored(last, held);
    } else {
      Stored({}, held);
    }
    return {};
  }

  uint64_t stored() const override { return stored_; }
  const WriteCounts& counts() const { return counts_; }

 private:
  Result<void> Take(Batch batch, const Stop& stop) {
    SLUICE_TRY(const Shared lock, inlet_.Enter());
    const size_t given = batch.entities.size();
    SLUICE_TRY(const Batch out, inlet_.Pass(std::move(batch), stop));
    if (load_) {
      SLUICE_TRY(load_->Add(out));
      held_ += given;
      return {};
    }
    if (!out.entities.empty()) SLUICE_TRY(inlet_.WriteOutside(out, full_run_, stop));
    stored_ += given;
    return {};
  }

  Result<void> Send() {
    SLUICE_TRY(const auto before, load_->Send(CommitBy()));
    // Where it is committed already, the counts are of all.
    const uint64_t held = std::exchange(held_, 0);
    Stored(before, std::exchange(sent_, load_->under_way() ? held : 0));
    if (!load_->under_way()) stored_ += held;
    return {};
  }

  DatasetLoad::CommitBy CommitBy() {
    return [this](std::span<const storage::Append> appends) {
      return inlet_.CommitLoad(appends, full_run_);
    };
  }

  void Stored(const WriteCounts& counts, uint64_t given) {
    counts_.written += counts.written;
    counts_.unchanged += counts.unchanged;
    counts_.deleted += counts.deleted;
    counts_.checkpoint_stored = true;
    stored_ += given;
  }

  PipeInlet& inlet_;
  const std::optional<uint64_t> full_run_;
  std::optional<DatasetLoad> load_;
  // Entities given: held, on their way, committed.
  uint64_t held_ = 0;
  uint64_t sent_ = 0;
  uint64_t stored_ = 0;
  WriteCounts counts_;
};

std::unique_ptr<InletWriter> PipeInlet::OpenWriter(std::optional<uint64_t> full_run) {
  return std::make_unique<Writer>(*this, full_run);
}

Result<WriteCounts> PipeInlet::Write(Batch batch, std::optional<uint64_t> full_run,
                                     const Stop& stop) {
  if (!pipe_->dataset_sink) {
    SLUICE_TRY(const Shared lock, Enter());
    SLUICE_TRY(const Batch out, Pass(std::move(batch), stop));
    return out.entities.empty() ? WriteCounts{} : WriteOutside(out, full_run, stop);
  }
  Writer writer(*this, full_run);
  SLUICE_TRY(writer.Write(std::move(batch), stop));
  SLUICE_TRY(writer.Flush(stop));
  return writer.counts();
}

Result<Batch> PipeInlet::Pass(Batch batch, const Stop& stop) {
  SLUICE_TRY(PrepareTransforms(*pipe_, stop));
  return PassThrough(*pipe_, std::move(batch), stop);
}

Result<storage::CommitReceipt> PipeInlet::CommitLoad(std::span<const storage::Append> appends,
                                                     std::optional<uint64_t> full_run) {
  SLUICE_TRY(const Shared lock, Enter());
  const bool populates = !full_run && pipe_->auto_populate &&
                         pipe_->dataset_sink->options().set_initial_offset != InitialOffset::kNever;
  SLUICE_TRY(auto receipt,
             pipe_->dataset_sink->Commit(appends, {.full_run = full_run, .populates = populates}));
  Wrote(receipt.sequence);
  return receipt;
}

Result<WriteCounts> PipeInlet::WriteOutside(const Batch& batch, std::optional<uint64_t> full_run,
                                            const Stop& stop) {
  const std::lock_guard lock(outside_mutex_);
  if (full_run) {
    const auto found = full_runs_.find(*full_run);
    if (found == full_runs_.end()) {
      return MakeError(Code::kConflict, "the full run has ended, or another one has begun");
    }
    return found->second->Write(batch, {}, stop);
  }
  SLUICE_TRY(auto writer, pipe_->sink->Open(RunKind::kIncremental, stop));
  SLUICE_TRY(auto counts, writer->Write(batch, {}, stop));
  SLUICE_TRY(writer->Finish(/*complete=*/true, {}, stop));
  return counts;
}

Result<uint64_t> PipeInlet::BeginFullRun() {
  SLUICE_TRY(const Shared lock, Enter());
  if (pipe_->dataset_sink) {
    SLUICE_TRY(const auto info, pipe_->dataset_sink->Create());
    return store_.BeginFullRun(info.number);
  }
  const std::lock_guard outside(outside_mutex_);
  for (auto& [number, writer] : full_runs_) writer->Abort();
  full_runs_.clear();
  SLUICE_TRY(full_runs_[next_full_run_], pipe_->sink->Open(RunKind::kFull, Stop()));
  return next_full_run_++;
}

Result<WriteCounts> PipeInlet::FinishFullRun(uint64_t full_run, const Stop& stop) {
  SLUICE_TRY(const Shared lock, Enter());
  if (const DatasetSink* sink = pipe_->dataset_sink) {
    SLUICE_TRY(const auto info, sink->Create());
    storage::Store::FullRunOptions options;
    options.delete_unseen = sink->options().deletion_tracking;
    options.mark_deletion_tracked = sink->options().mark_deletion_tracked;
    options.set_populated =
        pipe_->auto_populate && sink->options().set_initial_offset != InitialOffset::kNever;
    SLUICE_TRY(auto receipt, store_.FinishFullRun(info.number, full_run, options, stop));
    Wrote(receipt.sequence);
    return WriteCounts{.written = receipt.appended, .deleted = receipt.deleted};
  }
  const std::lock_guard outside(outside_mutex_);
  const auto found = full_runs_.find(full_run);
  if (found == full_runs_.end()) {
    return MakeError(Code::kConflict, "the full run has ended, or another one has begun");
  }
  const auto writer = std::move(found->second);
  full_runs_.erase(found);
  return writer->Finish(/*complete=*/true, {}, stop);
}

Result<void> PipeInlet::AbortFullRun(uint64_t full_run) {
  if (pipe_->dataset_sink) {
    const auto info = store_.FindDataset(pipe_->dataset_sink->dataset());
    return info ? store_.AbortFullRun(info->number, full_run) : Result<void>();
  }
  const std::lock_guard outside(outside_mutex_);
  const auto found = full_runs_.find(full_run);
  if (found == full_runs_.end()) return {};
  found->second->Abort();
  full_runs_.erase(found);
  return {};
}

Result<void> PipeInlet::WaitDurable(const Stop& stop) {
  return store_.WaitDurable(last_written_.load(), stop);
}

Result<std::string> PipeInlet::LoadState() {
  SLUICE_TRY(auto state, store_.TakeSnapshot()->GetState(ReceiverKey(pipe_->id)));
  return state.value_or(std::string());
}

Result<void> PipeInlet::StoreState(std::string_view state) {
  SLUICE_TRY(const Shared lock, Enter());
  storage::Commit commit;
  commit.state.push_back({ReceiverKey(pipe_->id), std::string(state)});
  SLUICE_TRY(const auto receipt, store_.Write(commit));
  return store_.WaitDurable(receipt.sequence, Stop());
}

Result<std::unique_ptr<SourceReader>> PipeOutlet::Open(const OpenRequest& request) {
  SLUICE_TRY(PrepareTransforms(*pipe_, Stop()));
  SLUICE_TRY(auto reader, pipe_->source->Open(request));
  return std::make_unique<OutletReader>(pipe_, store_, std::move(reader));
}

std::string PipeOutlet::generation() const { return GenerationOf(pipe_->source->since_scope()); }
bool PipeOutlet::populated() const { return pipe_->source->populated(); }
Continuation PipeOutlet::continuation() const { return pipe_->source->continuation(); }

std::optional<std::string> PipeOutlet::max_updated_json() const {
  Arena arena;
  const Value end = pipe_->source->SinceAtEnd(arena);
  return end.IsNull() ? std::nullopt : std::optional(ToJson(end));
}

std::shared_ptr<EndpointPipe> EndpointPipe::Make(std::shared_ptr<CompiledPipe> pipe,
                                                 const CompileServices& services) {
  if (!pipe->valid() || !pipe->not_built.empty()) return nullptr;
  const SourceType* const source = services.registry->FindSource(pipe->source_type);
  const SinkType* const sink = services.registry->FindSink(pipe->sink_type);
  const bool receives = source && source->make_receiver && pipe->source->is_endpoint();
  const bool publishes = sink && sink->make_publisher && pipe->sink->is_endpoint();
  if (!receives && !publishes) return nullptr;
  const config::ConfigView root = pipe->checked.effective->root();
  RecordingSystems systems(*pipe->systems);
  MakeContext context;
  context.pipe_id = pipe->id;
  context.namespaces = pipe->namespaces;
  context.add_namespaces = pipe->add_namespaces;
  context.remove_namespaces = pipe->remove_namespaces;
  context.systems = &systems;
  context.store = services.store;
  context.catalogue = services.catalogue;
  context.pipe = root;
  context.metadata = pipe->metadata->root();
  context.clock = services.clock;
  context.random = services.random;
  auto endpoint = std::shared_ptr<EndpointPipe>(new EndpointPipe(pipe, *services.store));
  const auto failed = [&](const Error& error) {
    pipe->checked.issues.push_back({.level = config::Level::kError,
                                    .at = pipe->checked.effective->OriginalPointer(error.at),
                                    .message = error.message});
    return nullptr;
  };
  if (receives) {
    auto made = source->make_receiver(root["source"], context, endpoint->inlet_);
    if (!made.ok()) return failed(made.error());
    endpoint->receiver_ = std::move(made).value();
  }
  if (publishes) {
    auto made = sink->make_publisher(root["sink"], context, endpoint->outlet_);
    if (!made.ok()) return failed(made.error());
    endpoint->publisher_ = std::move(made).value();
  }
  pipe->used_systems.insert(systems.used().begin(), systems.used().end());
  return endpoint;
}

void EndpointPipe::Close() { inlet_.Close(); }

}  // namespace sluice::pipe
