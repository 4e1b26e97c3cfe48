// Reads a dataset sink's options, and those of the pipe that concern its dataset.

#include <fmt/format.h>

#include "config/document.h"
#include "config/option_table.h"
#include "dtl/subset.h"
#include "pipe/dataset_sink.h"

namespace sluice::pipe {
namespace {

struct Options {
  std::string dataset;
  std::string set_initial_offset = "if-source-populated";
  bool deletion_tracking = true;
  bool mark_deletion_tracked = false;
  int64_t max_entity_bytes_size = 104'857'600;
  config::ConfigView prevent_multiple_versions;
  config::ConfigView indexes;
  bool enable_optimistic_locking = false;
  std::optional<bool> track_children;
  std::optional<double> circuit_breaker_threshold_factor;
  std::optional<int64_t> circuit_breaker_threshold_count;
};

const config::OptionTable<Options>& Table() {
  using config::Optional;
  using O = Options;
  static const config::OptionTable<O> table = {
      Optional("dataset", &O::dataset, "The dataset to write; the pipe's id if left out."),
      Optional("set_initial_offset", &O::set_initial_offset,
               "When the dataset is said to be populated: if-source-populated, never, always, "
               "initially or onload."),
      Optional("deletion_tracking", &O::deletion_tracking,
               "After a full run, what did not come is deleted."),
      Optional("mark_deletion_tracked", &O::mark_deletion_tracked,
               "Entities deleted by deletion tracking get \"$deletion_tracked\": true."),
      Optional("max_entity_bytes_size", &O::max_entity_bytes_size,
               "The size of an entity as it is stored, at most."),
      Optional("prevent_multiple_versions", &O::prevent_multiple_versions,
               "True: a new version of what is there fails the pipe; \"ignore\": it is left out."),
      Optional(
          "indexes", &O::indexes,
          "\"$ids\", or a list of index expressions over _S: indexes of the dataset, for subsets "
          "and look-ups."),
      Optional("enable_optimistic_locking", &O::enable_optimistic_locking,
               "An entity's _updated must be that of the latest version."),
      Optional("track_children", &O::track_children,
               "Children that are gone stay in $children as deleted ones."),
      Optional(
          "circuit_breaker_threshold_factor", &O::circuit_breaker_threshold_factor,
          "A run that changes more than this share of the dataset's entities trips the circuit "
          "breaker."),
      Optional("circuit_breaker_threshold_count", &O::circuit_breaker_threshold_count,
               "A run that changes more entities than this trips the circuit breaker."),
  };
  return table;
}

Result<InitialOffset> ReadInitialOffset(const config::ConfigView& sink, const std::string& text) {
  if (text == "if-source-populated") return InitialOffset::kIfSourcePopulated;
  if (text == "never") return InitialOffset::kNever;
  if (text == "always") return InitialOffset::kAlways;
  if (text == "initially") return InitialOffset::kInitially;
  if (text == "onload") return InitialOffset::kOnload;
  return sink["set_initial_offset"].Fail(
      "expected if-source-populated, never, always, initially or onload, found \"{}\"", text);
}

Result<DatasetSinkOptions::Versions> ReadVersions(const config::ConfigView& view) {
  using Versions = DatasetSinkOptions::Versions;
  const Value& value = view.value();
  if (!view.exists() || value.IsNull()) return Versions::kAllow;
  if (const auto flag = value.AsBoolean()) return *flag ? Versions::kFail : Versions::kAllow;
  if (value.AsString() == "ignore") return Versions::kIgnore;
  return view.Fail("expected true, false or \"ignore\", found {}", view.Describe());
}

// features/compaction-feature.rst.
storage::DatasetOptions ReadCompaction(const config::ConfigView& pipe, const std::string& owner) {
  storage::DatasetOptions options{.owner = owner};
  const config::ConfigView compaction = pipe["compaction"];
  options.compaction = compaction["automatic"].value().AsBoolean().value_or(true);
  if (const auto keep = compaction["keep_versions"].value().AsInteger(); keep && *keep >= 0) {
    options.keep_versions = static_cast<uint32_t>(*keep);
  }
  constexpr int64_t kHourUs = 3'600'000'000;
  if (const auto hours = compaction["time_threshold_hours"].value().AsInteger()) {
    options.trim_older_than_us = *hours * kHourUs;
  }
  const Value& ttl = compaction["ttl_deletes_hours"].value();
  if (const auto hours = ttl.AsInteger()) {
    options.ttl_deletes_us = *hours * kHourUs;
  } else if (const auto part = ttl.AsFloat()) {
    options.ttl_deletes_us = static_cast<int64_t>(*part * static_cast<double>(kHourUs));
  }
  options.retract = compaction["retract"].value().IsTrue();
  return options;
}

Result<void> ReadIndexes(const config::ConfigView& stated, const MakeContext& context,
                         DatasetSinkOptions& options) {
  const Value& value = stated.value();
  if (!stated.exists() || value.IsNull()) return {};
  config::Issues own;
  config::Issues& issues = context.issues ? *context.issues : own;
  const auto add = [&](const config::ConfigView& expression) -> Result<void> {
    SLUICE_TRY(auto key,
               dtl::CompileIndexExpression(
                   expression, options.dataset, *context.catalogue,
                   {.pipe_id = context.pipe_id, .namespaces = context.namespaces}, issues));
    options.indexed.push_back(std::move(key));
    return {};
  };
  if (value.IsList()) {
    for (size_t i = 0; i < value.count(); ++i) SLUICE_TRY(add(stated[i]));
  } else if (value.AsString() == "$ids") {
    SLUICE_TRY(const auto ids, config::Document::Parse(R"({"indexes": "_S.$ids"})"));
    SLUICE_TRY(add(ids->root()["indexes"]));
  } else {
    return stated.Fail("expected \"$ids\" or a list of index expressions, found {}",
                       stated.Describe());
  }
  options.indexes = context.indexes;
  return {};
}

Result<std::unique_ptr<Sink>> MakeDatasetSink(const config::ConfigView& config,
                                              const MakeContext& context) {
  SLUICE_TRY(auto read, Table().Read(config));
  DatasetSinkOptions options;
  options.dataset = read.dataset.empty() ? context.pipe_id : read.dataset;
  if (options.dataset.find('/') != std::string::npos || options.dataset.starts_with("system:")) {
    return config["dataset"].Fail("a pipe cannot write the dataset \"{}\"", options.dataset);
  }
  SLUICE_TRY(options.set_initial_offset, ReadInitialOffset(config, read.set_initial_offset));
  SLUICE_TRY(options.multiple_versions, ReadVersions(config["prevent_multiple_versions"]));
  if (read.max_entity_bytes_size < 1) {
    return config["max_entity_bytes_size"].Fail("expected a positive integer, found {}",
                                                read.max_entity_bytes_size);
  }
  options.max_entity_bytes_size =
      std::min<size_t>(static_cast<size_t>(read.max_entity_bytes_size), limits::kEntityBytesMax);
  SLUICE_TRY(ReadIndexes(config["indexes"], context, options));
  options.deletion_tracking = read.deletion_tracking;
  options.mark_deletion_tracked = read.mark_deletion_tracked;
  options.optimistic_locking = read.enable_optimistic_locking;
  if ((read.circuit_breaker_threshold_factor && *read.circuit_breaker_threshold_factor < 0) ||
      (read.circuit_breaker_threshold_count && *read.circuit_breaker_threshold_count < 0)) {
    return config.Fail("the thresholds of a circuit breaker must not be negative");
  }
  const bool has_runs = context.pipe["source"]["type"].value().AsString() != "http_endpoint";
  if (!has_runs && context.issues != nullptr &&
      (read.circuit_breaker_threshold_factor || read.circuit_breaker_threshold_count)) {
    context.issues->Warn(config.pointer(),
                         "a pipe with an endpoint has no runs, so its circuit breaker never trips");
  }
  options.breaker_factor = read.circuit_breaker_threshold_factor;
  options.breaker_count = read.circuit_breaker_threshold_count;
  options.may_trip = context.may_trip;
  options.pipe = context.pipe_id;
  options.track_children = read.track_children.value_or(context.creates_children);
  options.storage = ReadCompaction(context.pipe, context.pipe_id);
  return std::make_unique<DatasetSink>(std::move(options), *context.store, *context.clock);
}

class NullWriter final : public SinkWriter {
 public:
  Result<WriteCounts> Write(const Batch& batch, const Checkpoint&, const Stop&) override {
    return WriteCounts{.written = batch.entities.size()};
  }
  Result<WriteCounts> Finish(bool, const Checkpoint&, const Stop&) override {
    return WriteCounts{};
  }
  void Abort() override {}
};

class NullSink final : public Sink {
 public:
  Result<std::unique_ptr<SinkWriter>> Open(RunKind, const Stop&) override {
    return std::make_unique<NullWriter>();
  }
  bool coalesces() const override { return true; }
  bool is_external() const override { return false; }
};

}  // namespace

void AddDatasetSink(Registry& registry) {
  registry.AddSink({.type = "dataset",
                    .doc = "Writes entities to a dataset.",
                    .options = Table().Describe(),
                    .make = MakeDatasetSink});
}

void AddNullSink(Registry& registry) {
  registry.AddSink(
      {.type = "null",
       .doc = "Takes everything and keeps nothing.",
       .make = [](const config::ConfigView&, const MakeContext&) -> Result<std::unique_ptr<Sink>> {
         return std::make_unique<NullSink>();
       }});
}

}  // namespace sluice::pipe
