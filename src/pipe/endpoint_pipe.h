// EndpointPipe: a version of a pipe whose entities come in, or go out, through requests.

#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "pipe/compiled_pipe.h"
#include "pipe/dataset_load.h"
#include "pipe/endpoint.h"
#include "pipe/registry.h"

namespace sluice::pipe {

// The way in: transforms and sink of the pipe. See Inlet.
class PipeInlet final : public Inlet {
 public:
  PipeInlet(std::shared_ptr<const CompiledPipe> pipe, storage::Store& store);

  Result<WriteCounts> Write(Batch batch, std::optional<uint64_t> full_run,
                            const Stop& stop) override;
  std::unique_ptr<InletWriter> OpenWriter(std::optional<uint64_t> full_run) override;
  Result<uint64_t> BeginFullRun() override;
  Result<WriteCounts> FinishFullRun(uint64_t full_run, const Stop& stop) override;
  Result<void> AbortFullRun(uint64_t full_run) override;
  Result<void> WaitDurable(const Stop& stop) override;
  Result<std::string> LoadState() override;
  Result<void> StoreState(std::string_view state) override;

  // From now on writes fail with kConflict; returns when none goes on.
  void Close();

 private:
  using Shared = std::shared_lock<std::shared_mutex>;
  class Writer;

  // Held while something is written, so that Close can wait.
  Result<Shared> Enter();
  Result<Batch> Pass(Batch batch, const Stop& stop);
  Result<storage::CommitReceipt> CommitLoad(std::span<const storage::Append> appends,
                                            std::optional<uint64_t> full_run);
  Result<WriteCounts> WriteOutside(const Batch& batch, std::optional<uint64_t> full_run,
                                   const Stop& stop);
  void Wrote(storage::CommitSequence sequence);

  const std::shared_ptr<const CompiledPipe> pipe_;
  storage::Store& store_;
  std::shared_mutex gate_;
  bool closed_ = false;  // Guarded by gate_.
  std::atomic<storage::CommitSequence> last_written_ = 0;
  std::mutex
      outside_mutex_;  // Guards the below; a sink to the outside is written by one at a time.
  std::map<uint64_t, std::unique_ptr<SinkWriter>> full_runs_;
  uint64_t next_full_run_ = 1;
};

// The way out: source and transforms. See Outlet.
class PipeOutlet final : public Outlet {
 public:
  PipeOutlet(std::shared_ptr<const CompiledPipe> pipe, storage::Store& store)
      : pipe_(std::move(pipe)), store_(store) {}

  Result<std::unique_ptr<SourceReader>> Open(const OpenRequest& request) override;
  std::string generation() const override;
  bool populated() const override;
  Continuation continuation() const override;
  std::optional<std::string> max_updated_json() const override;
  bool filtered() const override { return !pipe_->transforms.empty(); }

 private:
  const std::shared_ptr<const CompiledPipe> pipe_;
  storage::Store& store_;
};

// Owns both, and what the connectors made of them.
class EndpointPipe {
 public:
  // Null where the pipe has neither a receiver nor a publisher, or is invalid. What a connector
  // finds wrong is an issue of the pipe.
  static std::shared_ptr<EndpointPipe> Make(std::shared_ptr<CompiledPipe> pipe,
                                            const CompileServices& services);

  Receiver* receiver() const { return receiver_.get(); }
  Publisher* publisher() const { return publisher_.get(); }
  const CompiledPipe& pipe() const { return *pipe_; }
  void Close();

 private:
  explicit EndpointPipe(std::shared_ptr<CompiledPipe> pipe, storage::Store& store)
      : pipe_(pipe), inlet_(pipe, store), outlet_(pipe, store) {}

  std::shared_ptr<CompiledPipe> pipe_;
  PipeInlet inlet_;
  PipeOutlet outlet_;
  std::unique_ptr<Receiver> receiver_;
  std::unique_ptr<Publisher> publisher_;
};

}  // namespace sluice::pipe
