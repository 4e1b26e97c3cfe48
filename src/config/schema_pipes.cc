// Pipes, pumps and the service metadata (configuration-pipes.rst, configuration-pump.rst,
// configuration-metadata.rst, compaction-feature.rst, namespaces.rst, completeness-feature.rst).

#include "config/schema_tables.h"

namespace sluice::config {
namespace {

constexpr PropertySchema kPipeDependencyTracking[] = {
    May("dependency_warning_threshold", kInteger, "10000")
        .From("dependency_tracking.dependency_warning_threshold"),
    May("dependency_error_threshold", kInteger, "50000")
        .From("dependency_tracking.dependency_error_threshold"),
    May("dependency_warning_threshold_total_bytes", kInteger, "33554432")
        .From("dependency_tracking.dependency_warning_threshold_total_bytes"),
    May("dependency_error_threshold_total_bytes", kInteger, "134217728")
        .From("dependency_tracking.dependency_error_threshold_total_bytes"),
    May("enable_hops_thresholds", kBoolean, "false")
        .From("dependency_tracking.enable_hops_thresholds"),
};

constexpr PropertySchema kCompaction[] = {
    May("automatic", kBoolean, "true"),
    May("sink", kBoolean),  // Computed: global_defaults.default_compaction_type.
    May("keep_versions", kInteger, "2").Min(0).From("global_defaults.compaction_keep_versions"),
    May("time_threshold_hours", kInteger).From("global_defaults.compaction_time_threshold_hours"),
    May("time_threshold_hours_pump", kInteger, "720")
        .Min(720)
        .From("global_defaults.compaction_time_threshold_hours_pump"),
    May("growth_threshold", kNumber, "1.0")
        .Min(1)
        .From("global_defaults.compaction_growth_threshold"),
    May("compaction_interval", kNumber, "0").Min(0).From("global_defaults.compaction_interval"),
    May("ttl_deletes_hours", kNumber).Min(0),
    May("ttl_deletes_timeout_seconds", kNumber, "60"),
    May("retract", kBoolean, "false"),
    May("retract_timeout_seconds", kNumber, "60"),
};

constexpr PropertySchema kPipeNamespaces[] = {
    May("identity", kString),
    May("property", kString),
};

constexpr PropertySchema kPipe[] = {
    Need("_id", kString),
    Need("type", kString),
    May("name", kString),
    May("description", kString | kList),
    May("comment", kString | kList),
    May("permissions", kList),
    May("metadata", kObject),
    Need("source", kObject),
    May("transform", kObject | kList, "[]"),
    May("sink", kObject),
    May("pump", kObject),
    May("batch_size", kInteger).Min(1),           // Computed: the sink type's.
    May("checkpoint_interval", kInteger).Min(1),  // Computed: from the batch size.
    May("disable_set_last_seen", kBoolean, "false"),
    May("enable_background_rescan", kBoolean, "false")
        .From("global_defaults.enable_background_rescan"),
    May("rescan_when_config_changes", kBoolean, "false")
        .From("global_defaults.rescan_when_config_changes"),
    May("infer_pipe_entity_types", kBoolean, "true")
        .From("global_defaults.infer_pipe_entity_types"),
    May("dependency_tracking", kObject).With(kPipeDependencyTracking),
    May("compaction", kObject).With(kCompaction),
    May("reprocessing_policy", kString, R"("continue")")
        .OneOf("continue|automatic")
        .From("global_defaults.reprocessing_policy"),
    May("exclude_completeness", kList, "[]"),
    May("include_completeness", kList),
    May("namespaced_identifiers", kBoolean).From("namespaced_identifiers"),
    May("namespaces", kObject).With(kPipeNamespaces),
    May("add_namespaces", kBoolean),     // Computed: the source type's.
    May("remove_namespaces", kBoolean),  // Computed: the sink type's.
    May("short_config", kString).Old("source"),
};

// Retries are not filled in: a system's `retry_strategy` stands between them and their defaults.
constexpr PropertySchema kPump[] = {
    May("type", kString),
    May("comment", kString | kList),
    May("schedule_interval", kNumber).Min(0),  // Computed: by source and sink.
    May("cron_expression", kString),
    May("rescan_run_count", kInteger).Min(1),
    May("rescan_cron_expression", kString),
    May("partial_rescan_run_count", kInteger).Min(1),
    May("partial_rescan_count", kInteger).Min(1).Old("partial_rescan_run_count"),
    May("partial_rescan_delta", kInteger).When("partial_rescan_run_count").Min(1),
    May("run_at_startup", kBoolean, "false"),
    May("run_at_startup_if_not_populated", kBoolean, "false")
        .From("global_defaults.run_at_startup_if_not_populated"),
    May("use_dead_letter_dataset", kBoolean, "false").Old("dead_letter_dataset"),
    May("dead_letter_dataset", kString),
    May("track_dead_letters", kBoolean, "false"),
    May("max_read_retries", kInteger, "0").Late(),
    May("max_seconds_per_entity", kNumber),
    May("read_retry_delay", kNumber, "0").Late(),
    May("write_retry_delay", kNumber, "0").Late(),
    May("max_retries_per_entity", kInteger, "5").Late(),
    May("max_consecutive_write_errors", kInteger, "1").Late(),
    May("max_write_errors_in_retry_dataset", kInteger, "0").Late(),
    May("batch_retries", kInteger, "3").Late(),
    May("fallback_to_single_entities_on_batch_fail", kBoolean, "true"),
    May("mode", kString, R"("scheduled")").OneOf("scheduled|manual|off"),
    May("log_events_noop_runs", kBoolean, "false"),
    May("log_events_noop_runs_changes_only", kBoolean, "true"),
    May("notification_granularity", kInteger, "999999999999999"),
};

// `default` is filled in elsewhere: its prefixes can be overridden one by one.
constexpr PropertySchema kMetadataNamespaces[] = {May("default", kObject)};

constexpr PropertySchema kMetadataDependencyTracking[] = {
    May("dependency_warning_threshold", kInteger, "10000"),
    May("dependency_error_threshold", kInteger, "50000"),
    May("dependency_warning_threshold_total_bytes", kInteger, "33554432"),
    May("dependency_error_threshold_total_bytes", kInteger, "134217728"),
    May("enable_hops_thresholds", kBoolean, "false"),
};

constexpr PropertySchema kGlobalDefaults[] = {
    May("use_signalling_internally", kBoolean, "true"),
    May("use_signalling_externally", kBoolean),
    May("default_compaction_type", kString, R"("sink")").OneOf("background|sink"),
    May("compaction_interval", kNumber, "0").Min(0),
    May("compaction_keep_versions", kInteger).Min(0),
    May("compaction_time_threshold_hours", kInteger),
    May("compaction_time_threshold_hours_pump", kInteger),
    May("compaction_growth_threshold", kNumber).Min(1),
    May("max_entity_bytes_size", kInteger, "104857600"),
    May("run_at_startup_if_not_populated", kBoolean, "false"),
    May("infer_pipe_entity_types", kBoolean, "true"),
    May("use_config_circuit_breaker", kBoolean, "false"),
    May("reprocessing_policy", kString, R"("continue")").OneOf("continue|automatic"),
    May("rescan_when_config_changes", kBoolean, "false"),
    May("enable_background_rescan", kBoolean, "false"),
    May("eager_load_microservices", kBoolean, "true"),
    May("enable_cpp_extensions", kBoolean),
    May("symmetric_namespace_collapse", kBoolean, "false"),
    May("max_merged", kInteger, "50000"),
    May("always_index_ids", kBoolean, "false"),
    May("if_source_empty", kString).OneOf("fail|accept"),
    May("require_populated_input", kBoolean, "false"),
    May("trace", kBoolean | kObject, "false").With(kTrace),
    May("verify_ssl", kBoolean, "false"),
};

constexpr PropertySchema kTaskManager[] = {
    May("disable_pump_scheduler", kBoolean),
    May("disable_user_pipes", kBoolean),
};

constexpr PropertySchema kPrefixRules[] = {
    May("id", kString),
    May("properties", kList),
};

constexpr PropertySchema kRdfEntry[] = {
    May("prefixes", kObject),
    May("prefix_includes", kList),
    May("prefix_rules", kObject).With(kPrefixRules),
    May("quote_safe_characters", kString, R"("/")"),
};

constexpr PropertySchema kMetadata[] = {
    Need("_id", kString),
    Need("type", kString),
    May("name", kString),
    May("description", kString | kList),
    May("comment", kString | kList),
    May("metadata", kObject),
    May("permissions", kList),
    May("namespaced_identifiers", kBoolean, "false"),
    May("namespaces", kObject).With(kMetadataNamespaces),
    May("global_defaults", kObject).With(kGlobalDefaults),
    May("dependency_tracking", kObject).With(kMetadataDependencyTracking),
    May("task_manager", kObject).With(kTaskManager),
    May("rdf", kObject).Each(kRdfEntry).Old(),
};

constexpr TypeSchema kPipeType[] = {{.type = "", .properties = {kPipe, kNone, kNone}}};
constexpr TypeSchema kPumpType[] = {{.type = "", .properties = {kPump, kNone, kNone}}};
constexpr TypeSchema kMetadataType[] = {{.type = "", .properties = {kMetadata, kNone, kNone}}};

}  // namespace

std::span<const TypeSchema> PipeType() { return kPipeType; }
std::span<const TypeSchema> PumpType() { return kPumpType; }
std::span<const TypeSchema> MetadataType() { return kMetadataType; }

}  // namespace sluice::config
