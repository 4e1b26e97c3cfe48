// The registry of component types: what connectors offer, by type name. Built once by main.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "config/issue.h"
#include "config/option_table.h"
#include "config/view.h"
#include "dtl/program.h"
#include "pipe/component.h"
#include "pipe/endpoint.h"

namespace sluice::pipe {

class Indexes;

// A connection to something outside; connectors derive their own and know them by dynamic_cast.
// May be used by several pipes' threads at once.
class System {
 public:
  virtual ~System() = default;
};

class Systems {
 public:
  virtual ~Systems() = default;
  // The system with this id. kBadConfig at `place` if there is none or it cannot be made, with the
  // nearest id.
  virtual Result<System*> Find(std::string_view id, const config::ConfigView& place) = 0;
};

// What a component is made from beside its own configuration.
struct MakeContext {
  std::string pipe_id;
  dtl::Namespaces namespaces;
  // features/namespaces.rst. The pipe adds them behind the source and removes them before the sink:
  // components neither add nor remove any, these say what happens around them.
  bool add_namespaces = false;
  bool remove_namespaces = false;
  bool creates_children = false;  // For the sink: a transform uses create-child.
  bool may_trip = false;          // For the sink: a transform uses trip!.
  std::string sink_dataset;       // Empty if the pipe writes to none.
  std::function<bool(std::string_view)> dataset_exists;  // Now, or once the configuration has run.
  Indexes* indexes = nullptr;
  Systems* systems = nullptr;
  storage::Store* store = nullptr;
  const dtl::Catalogue* catalogue = nullptr;
  config::ConfigView pipe;           // The whole pipe, for what a component must know of it.
  config::ConfigView metadata;       // The service metadata, effective.
  config::Issues* issues = nullptr;  // For warnings, and errors beside the one that is returned.
  const Clock* clock = &SystemClock();
  Random* random = &SystemRandom();
  std::string spill_folder;  // For files that do not fit in memory; empty: the system's own.
};

// What one request sends into a pipe. Used by one thread.
class InletWriter {
 public:
  virtual ~InletWriter() = default;
  // May hold entities back, so that many are committed at once.
  virtual Result<void> Write(Batch batch, const Stop& stop) = 0;
  // Commits what is held.
  virtual Result<void> Flush(const Stop& stop) = 0;
  // How many of the entities given are committed, also after an error.
  virtual uint64_t stored() const = 0;
};

// The way into a pipe for its receiver: the pipe's transforms and sink, and state committed with
// what they write. May be called by several threads at once; each full run by one at a time.
class Inlet {
 public:
  virtual ~Inlet() = default;
  // One commit.
  virtual Result<WriteCounts> Write(Batch batch, std::optional<uint64_t> full_run,
                                    const Stop& stop) = 0;
  // For many batches. Valid as long as the inlet.
  virtual std::unique_ptr<InletWriter> OpenWriter(std::optional<uint64_t> full_run);
  // A full sequence: what it does not write is deleted by FinishFullRun. A newer one ends an older
  // one.
  virtual Result<uint64_t> BeginFullRun() = 0;
  virtual Result<WriteCounts> FinishFullRun(uint64_t full_run, const Stop& stop) = 0;
  virtual Result<void> AbortFullRun(uint64_t full_run) = 0;
  // Returns when everything written through this inlet so far survives a loss of power.
  virtual Result<void> WaitDurable(const Stop& stop) = 0;
  // The receiver's own state (one text a pipe), kept over restarts; written durably.
  virtual Result<std::string> LoadState() = 0;
  virtual Result<void> StoreState(std::string_view state) = 0;
};

// What a publisher reads: the pipe's source and transforms, opened as a preview or from a
// since-value.
class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual Result<std::unique_ptr<SourceReader>> Open(const OpenRequest& request) = 0;
  // Changes when offsets handed out before have lost their meaning (json-pull.rst, generation
  // headers).
  virtual std::string generation() const = 0;
  virtual bool populated() const = 0;
  virtual Continuation continuation() const = 0;
  // For the other headers of json-pull.rst; nothing where it is not known. The highest committed
  // offset, as JSON:
  virtual std::optional<std::string> max_updated_json() const { return std::nullopt; }
  // Whether the pipe's transforms may leave entities out, so that the newest offset need not be
  // seen.
  virtual bool filtered() const { return false; }
  virtual std::optional<int64_t> completeness_us() const { return std::nullopt; }
};

template <class Component>
using Make = std::function<Result<std::unique_ptr<Component>>(const config::ConfigView&,
                                                              const MakeContext&)>;

struct SourceType {
  std::string type;
  std::string doc;
  std::vector<config::OptionDescription> options = {};
  Make<Source> make = {};
  // For endpoint sources.
  std::function<Result<std::unique_ptr<Receiver>>(const config::ConfigView&, const MakeContext&,
                                                  Inlet&)>
      make_receiver = {};
};
struct SinkType {
  std::string type;
  std::string doc;
  std::vector<config::OptionDescription> options = {};
  Make<Sink> make = {};
  // For endpoint sinks.
  std::function<Result<std::unique_ptr<Publisher>>(const config::ConfigView&, const MakeContext&,
                                                   Outlet&)>
      make_publisher = {};
};
struct TransformType {
  std::string type;
  std::string doc;
  std::vector<config::OptionDescription> options = {};
  Make<Transform> make = {};
};
struct SystemType {
  std::string type;
  std::string doc;
  std::vector<config::OptionDescription> options = {};
  Make<System> make = {};
};

// Types are unique; adding one twice is our own mistake. Types the reference documents but that are
// not here are "not built": their pipes load and are listed, and starting their pumps fails with
// kNotBuilt.
class Registry {
 public:
  void AddSource(SourceType type);
  void AddSink(SinkType type);
  void AddTransform(TransformType type);
  void AddSystem(SystemType type);

  const SourceType* FindSource(std::string_view type) const;
  const SinkType* FindSink(std::string_view type) const;
  const TransformType* FindTransform(std::string_view type) const;
  const SystemType* FindSystem(std::string_view type) const;

 private:
  std::map<std::string, SourceType, std::less<>> sources_;
  std::map<std::string, SinkType, std::less<>> sinks_;
  std::map<std::string, TransformType, std::less<>> transforms_;
  std::map<std::string, SystemType, std::less<>> systems_;
};

}  // namespace sluice::pipe
