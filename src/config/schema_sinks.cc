// The types of sinks (configuration-sinks*.rst).

#include "config/schema_tables.h"

namespace sluice::config {
namespace {

constexpr PropertySchema kCommon[] = {
    Need("type", kString),
    May("comment", kString | kList),
};

constexpr PropertySchema kConditional[] = {
    Need("condition", kString),
    Need("alternatives", kObject),
};

constexpr PropertySchema kCsvEndpoint[] = {
    Need("columns", kList),
    May("quoting", kString, R"("minimal")").OneOf("all|minimal|non-numeric|none"),
    May("delimiter", kString, R"(",")"),
    May("doublequote", kBoolean, "true"),
    May("include_header", kBoolean, "true"),
    May("escapechar", kString),
    May("lineterminator", kString, R"("\r\n")"),
    May("quotechar", kString, R"("\"")"),
    May("byte_order_mark", kBoolean, "false"),
    May("encoding", kString, R"("utf-8")"),
    May("encode_error_strategy", kString, R"("backslashreplace")")
        .OneOf("ignore|replace|xmlcharrefreplace|backslashreplace"),
    May("skip-deleted-entities", kBoolean, "true"),
    May("filename", kString),
    May("content_disposition", kString, R"("attachment")").OneOf("attachment|inline"),
};

constexpr PropertySchema kDataset[] = {
    May("dataset", kString),
    May("set_initial_offset", kString, R"("if-source-populated")")
        .OneOf("if-source-populated|never|always|initially|onload"),
    May("indexes", kString | kList),  // Computed: global_defaults.always_index_ids.
    May("track_children", kBoolean),  // Inferred from the transforms.
    May("enable_optimistic_locking", kBoolean, "false"),
    May("circuit_breaker_threshold_factor", kNumber),
    May("circuit_breaker_threshold_count", kInteger),
    May("deletion_tracking", kBoolean, "true"),
    May("mark_deletion_tracked", kBoolean, "false"),
    May("bitset_commit_interval", kInteger, "1000000"),
    May("prevent_multiple_versions", kBoolean | kString, "false").OneOf("true|false|ignore"),
    May("suppress_filtered", kBoolean, "false").Late(),
    May("max_entity_bytes_size", kInteger, "104857600")
        .From("global_defaults.max_entity_bytes_size"),
};

constexpr PropertySchema kElasticsearch[] = {
    Need("system", kString),
    May("default_index", kString),
    May("default_type", kString),
    May("index_mapping_properties", kObject),
    May("index_check_document", kString),
    May("first_run_delete_query", kObject),
};

constexpr PropertySchema kHttpEndpoint[] = {
    May("filename", kString),
    May("content_disposition", kString, R"("attachment")").OneOf("attachment|inline"),
    May("prefix_includes", kList).Old(),
};

constexpr PropertySchema kJson[] = {
    Need("system", kString),
    Need("url", kString),
    May("batch_size", kInteger, "100"),
    May("headers", kObject),
};

constexpr PropertySchema kKafka[] = {
    Need("system", kString),
    Need("topic", kString),
    May("key_serializer", kString, R"("string")").OneOf("bytes|string|json|confluent_schema_json"),
    May("value_serializer", kString, R"("json")").OneOf("bytes|string|json|confluent_schema_json"),
    May("strategy", kString, R"("key-value")").OneOf("key-value|value"),
    May("delivery_timeout_ms", kInteger, "120000"),
};

constexpr PropertySchema kMail[] = {
    Need("system", kString),
    May("body_template", kString),
    May("body_template_property", kString, R"("body_template")"),
    May("subject_template", kString),
    May("subject_template_property", kString, R"("subject_template")"),
    May("text_body_template", kString),
    May("text_body_template_property", kString, R"("text_body_template")"),
    May("recipients", kString),
    May("recipients_property", kString, R"("recipients")"),
    Need("mail_from", kString),
    May("unhandled_template_variable_replacement", kString, R"("debug")")
        .OneOf("debug|empty_string|strict"),
};

constexpr PropertySchema kReplicatedDataset[] = {
    May("dataset", kString),
    May("set_initial_offset", kString, R"("if-source-populated")")
        .OneOf("if-source-populated|never|always|initially|onload"),
    May("indexes", kString | kList, "[]"),
    May("change_tracking", kBoolean, "true"),
    May("bitset_commit_interval", kInteger, "1000000").Min(1),
    May("allow_normal_dataset", kBoolean, "false"),
    May("auto_migrate_to_replicated_dataset", kBoolean, "false"),
};

constexpr PropertySchema kRest[] = {
    Need("system", kString),
    May("operation", kString),
    May("properties", kObject),
    May("payload", kObject | kString | kList),
    kTraceProperty,
    May("operations", kObject).Each(kOperation),
    May("rate_limiting_retries", kInteger),
    May("rate_limiting_delay", kInteger, "1"),
};

constexpr PropertySchema kSdshare[] = {
    Need("system", kString),
    Need("url", kString),
    Need("graph", kString),
    May("prefix_includes", kList).Old(),
};

constexpr PropertySchema kSms[] = {
    Need("system", kString),
    May("body_template", kString),
    May("body_template_property", kString, R"("body_template")"),
    May("recipients", kString),
    May("recipients_property", kString, R"("recipients")"),
    Need("from_number", kString),
};

constexpr PropertySchema kSolr[] = {
    Need("system", kString),
    May("commit_within", kInteger),
    May("commit_at_end", kBoolean, "true"),
};

constexpr PropertySchema kSparql[] = {
    Need("url", kString),
    May("update_url", kString),
    Need("system", kString),
    Need("graph", kString),
    May("do_diff", kBoolean, "false"),
    May("write_sdshare_updated", kBoolean, "true"),
    May("prefix_includes", kList).Old(),
};

constexpr PropertySchema kSqlColumns[] = {
    May("source_property", kString),
    Need("name", kString),
    Need("type", kString)
        .OneOf("string|integer|decimal|float|binary|datetime|date|time|uuid|boolean"),
    May("max_size", kInteger),
    May("min_size", kInteger),
    May("max_value", kNumber),
    May("min_value", kNumber),
    May("precision", kInteger),
    May("scale", kInteger),
    May("allow_null", kBoolean),
    May("primary_key", kBoolean),
    May("index", kBoolean),
    May("default", kAnything),
};

constexpr PropertySchema kSql[] = {
    Need("system", kString),
    Need("table", kString),
    May("primary_key", kString | kList),
    May("schema", kString),
    May("bulk_schema", kString),
    May("timestamp", kString, R"("sesam-timestamp")").Late(),
    May("use_bulk_operations", kBoolean, "false"),
    May("keep_failed_bulk_operation_files", kBoolean, "false"),
    May("bulk_operation_timeout", kInteger, "600"),
    May("bulk_operation_queue_size", kInteger, "3"),
    May("bulk_operation_buffer_size", kInteger, "50000000"),
    May("batch_size", kInteger, "100").Late(),  // 1000 with bulk operations.
    May("truncate_table_on_first_run", kBoolean, "false"),
    May("create_table_if_missing", kBoolean, "false"),
    May("recreate_table_on_first_run", kBoolean, "false"),
    May("schema_definition", kList).When("create_table_if_missing=true").Each(kSqlColumns),
    May("skip_identity_columns", kBoolean, "false"),
    May("remove_pk_char_trailing_spaces", kBoolean, "true"),
    May("whitelist", kList).Old(),
    May("blacklist", kList).Old(),
};

constexpr PropertySchema kXmlEndpoint[] = {
    May("wrapper", kString),
    May("root-attributes", kObject),
    May("include-xml-decl", kBoolean, "false"),
    May("skip-deleted-entities", kBoolean, "true"),
    May("byte_order_mark", kBoolean, "false"),
    May("filename", kString),
    May("content_disposition", kString, R"("attachment")").OneOf("attachment|inline"),
};

constexpr TypeSchema kTypes[] = {
    {.type = "conditional", .properties = {kConditional, kNone, kCommon}},
    {.type = "csv_endpoint",
     .properties = {kCsvEndpoint, kNone, kCommon},
     .namespaces = true,
     .endpoint = true},
    {.type = "dataset", .properties = {kDataset, kNone, kCommon}},
    {.type = "elasticsearch",
     .properties = {kElasticsearch, kNone, kCommon},
     .systems = "system:elasticsearch",
     .namespaces = true},
    {.type = "http_endpoint",
     .properties = {kHttpEndpoint, kNone, kCommon},
     .namespaces = true,
     .endpoint = true},
    {.type = "json",
     .properties = {kJson, kNone, kCommon},
     .systems = "system:url|system:microservice",
     .namespaces = true},
    {.type = "kafka",
     .properties = {kKafka, kNone, kCommon},
     .systems = "system:kafka",
     .namespaces = true},
    {.type = "mail",
     .properties = {kMail, kNone, kCommon},
     .systems = "system:smtp",
     .namespaces = true},
    {.type = "null", .properties = {kNone, kNone, kCommon}},
    {.type = "replicated_dataset", .properties = {kReplicatedDataset, kNone, kCommon}},
    {.type = "rest",
     .properties = {kRest, kNone, kCommon},
     .systems = "system:rest",
     .namespaces = true,
     .batch_size = 1},
    {.type = "sdshare", .properties = {kSdshare, kNone, kCommon}, .systems = "system:url"},
    {.type = "sms",
     .properties = {kSms, kNone, kCommon},
     .systems = "system:twilio",
     .namespaces = true},
    {.type = "solr",
     .properties = {kSolr, kNone, kCommon},
     .systems = "system:solr",
     .namespaces = true},
    {.type = "sparql", .properties = {kSparql, kNone, kCommon}, .systems = "system:url"},
    {.type = "sql",
     .properties = {kSql, kNone, kCommon},
     .systems = kSqlSystems,
     .namespaces = true},
    {.type = "xml_endpoint", .properties = {kXmlEndpoint, kNone, kCommon}, .endpoint = true},
};

}  // namespace

std::span<const TypeSchema> SinkTypes() { return kTypes; }

}  // namespace sluice::config
