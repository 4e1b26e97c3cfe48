// The types of sources (configuration-sources*.rst).

#include "config/schema_tables.h"

namespace sluice::config {
namespace {

constexpr PropertySchema kIfSourceEmpty = May("if_source_empty", kString, R"("accept")")
                                              .OneOf("fail|accept")
                                              .From("global_defaults.if_source_empty");
constexpr PropertySchema kRequirePopulatedInput =
    May("require_populated_input", kBoolean, "false")
        .From("global_defaults.require_populated_input");
// Computed: from global_defaults.use_signalling_internally and the pump's schedule.
constexpr PropertySchema kSupportsSignalling = May("supports_signalling", kBoolean);

constexpr PropertySchema kCommon[] = {
    Need("type", kString),
    May("comment", kString | kList),
    May("supports_since", kBoolean),
    May("is_since_comparable", kBoolean),
    May("is_chronological", kBoolean),
    May("is_chronological_full", kBoolean),
    May("since_support", kBoolean).Old("supports_since"),
    May("initial_since_value", kString | kInteger),
    May("updated_expression", kString),
    May("since_property_name", kString),
    May("since_property_location", kString).OneOf("query|header|manual"),
};

constexpr PropertySchema kBinary[] = {
    Need("system", kString),
    Need("url", kString),
    May("supports_signalling", kBoolean, "false"),
    May("page_size", kInteger).Min(1),
    May("subset", kList),
};

constexpr PropertySchema kConditional[] = {
    Need("condition", kString),
    Need("alternatives", kObject),
};

constexpr PropertySchema kCsv[] = {
    Need("url", kString),
    Need("system", kString),
    May("has_header", kBoolean, "true"),
    May("field_names", kList).When("has_header=false"),
    May("auto_dialect", kBoolean, "true"),
    May("dialect", kString).OneOf("excel|excel_tab|unix_dialect"),
    May("encoding", kString, R"("UTF-8")"),
    May("decode_error_strategy", kString, R"("strict")").OneOf("strict|replace"),
    Need("primary_key", kString | kList),
    May("whitelist", kList),
    May("blacklist", kList),
    May("preserve_empty_strings", kBoolean, "false"),
    // Without a default: the dialect, told or guessed, has one; "," is that of excel.
    May("delimiter", kString),
    May("escape_null_bytes", kBoolean, "false"),
    kIfSourceEmpty,
};

constexpr PropertySchema kDataset[] = {
    Need("dataset", kString),
    May("subset", kList),
    May("completeness", kBoolean | kObject | kList, "false"),
    May("initial_completeness", kList),
    kRequirePopulatedInput,
    May("include_previous_versions", kBoolean, "false"),
    May("include_replaced", kBoolean, "true"),
    kSupportsSignalling,
    kIfSourceEmpty,
};

constexpr PropertySchema kEmbedded[] = {
    Need("entities", kList),
    May("system", kString),
    kIfSourceEmpty,
};

constexpr PropertySchema kHttpEndpoint[] = {
    May("system", kString),
    May("auto_populate_dataset", kBoolean, "true"),
    May("do_float_as_decimal", kBoolean, "true"),
    May("do_float_as_int", kBoolean, "true"),
    kTraceProperty,
    May("validation_expression", kString),
};

constexpr PropertySchema kJson[] = {
    Need("system", kString),
    Need("url", kString),
    May("supports_signalling", kBoolean, "false"),
    May("page_size", kInteger).Min(1),
    May("subset", kList),
    May("headers", kObject),
    kIfSourceEmpty,
    May("completeness", kBoolean),
};

constexpr PropertySchema kKafka[] = {
    Need("system", kString),
    Need("topic", kString),
    May("partitions", kList),
    May("seek_to_beginning", kBoolean, "true"),
    May("key_deserializer", kString, R"("string")").OneOf("bytes|string|json|schema_registry_avro"),
    May("value_deserializer", kString, R"("json")").OneOf("bytes|string|json|schema_registry_avro"),
    May("strategy", kString, R"("key-value")").OneOf("key-value|value"),
    May("strict", kBoolean, "true"),
    May("consumer_timeout_ms", kInteger, "10000"),
};

constexpr PropertySchema kLdap[] = {
    Need("system", kString),
    May("search_base", kString, R"("*")"),
    May("search_filter", kString, R"~("(objectClass=organizationalPerson)")~"),
    May("attributes", kString, R"("*")"),
    May("id_attribute", kString, R"("cn")"),
    May("page_size", kInteger, "500"),
    May("attribute_blacklist", kList, "[]"),
    kIfSourceEmpty,
};

constexpr PropertySchema kMerge[] = {
    May("version", kNumber, "1").OneOf("1|2"),
    Need("datasets", kList),
    May("initial_datasets", kList),
    May("ignore_non_existent_datasets", kBoolean, "true"),
    kRequirePopulatedInput,
    May("equality", kList),
    May("equality_sets", kList),
    May("identity", kString, R"("composite")").OneOf("composite|first"),
    May("strategy", kString, R"("default")").OneOf("default|compact|list"),
    May("include_internal_properties", kBoolean, "false"),
    May("max_merged", kInteger, "50000").From("global_defaults.max_merged"),
    kSupportsSignalling,
    kIfSourceEmpty,
};

constexpr PropertySchema kMergeDatasets[] = {
    Need("datasets", kList),
    May("initial_datasets", kList),
    May("ignore_non_existent_datasets", kBoolean, "true"),
    kRequirePopulatedInput,
    May("strategy", kString, R"("latest")").OneOf("latest|all"),
    kSupportsSignalling,
    kIfSourceEmpty,
};

constexpr PropertySchema kRdf[] = {
    Need("system", kString),
    Need("url", kString),
    May("format", kString, R"("nt")").OneOf("nt|ttl|n3|xml"),
    May("sort_lists", kBoolean, "true"),
    May("is_sorted", kBoolean, "false"),
    kIfSourceEmpty,
};

constexpr PropertySchema kRest[] = {
    Need("system", kString),
    Need("operation", kString),
    May("operations", kObject).Each(kOperation),
    May("properties", kObject),
    May("payload", kObject | kString | kList),
    May("response_property", kString),
    May("response_headers_property", kString),
    May("response_include_content_type", kBoolean, "false"),
    May("payload_property", kString),
    May("id_expression", kString),
    May("updated_expression", kString),
    May("rate_limiting_retries", kInteger),
    May("rate_limiting_delay", kInteger, "1"),
    kIfSourceEmpty,
    kTraceProperty,
    May("since_property_name", kString),
    May("since_property_location", kString).OneOf("query|header|manual"),
    May("initial_since_value", kString | kInteger),
};

constexpr PropertySchema kSdshare[] = {
    Need("system", kString),
    Need("url", kString),
    May("sort_lists", kBoolean, "true"),
    kIfSourceEmpty,
};

constexpr PropertySchema kSparql[] = {
    Need("system", kString),
    May("url", kString),
    Need("fragments_query", kString | kList),
    Need("fragment_query", kString | kList),
    May("initial_since_value", kString, R"("0001-01-01T00:00:00Z")"),
    kIfSourceEmpty,
    May("since_default", kString).Old("initial_since_value"),
};

constexpr PropertySchema kSql[] = {
    Need("system", kString),
    May("table", kString).When("!query"),
    May("primary_key", kString | kList).When("query"),
    May("query", kString | kList),
    May("updated_column", kString),
    May("updated_query", kString | kList),
    May("schema", kString),
    May("whitelist", kList),
    May("blacklist", kList),
    May("preserve_null_values", kBoolean, "false"),
    May("fetch_size", kInteger, "1000"),
    kIfSourceEmpty,
};

constexpr PropertySchema kUnionDatasets[] = {
    Need("datasets", kList),
    May("initial_datasets", kList),
    May("ignore_non_existent_datasets", kBoolean, "true"),
    kRequirePopulatedInput,
    May("include_previous_versions", kBoolean, "false"),
    kSupportsSignalling,
    May("prefix_ids", kBoolean, "true"),
    kIfSourceEmpty,
};

constexpr PropertySchema kDiffDatasets[] = {
    Need("datasets", kList),
    May("initial_datasets", kList),
    May("whitelist", kList),
    May("blacklist", kList),
    May("treat_lists_as_sets", kBoolean, "false"),
    May("ignore_deletes", kBoolean, "false"),
    kIfSourceEmpty,
};

constexpr TypeSchema kTypes[] = {
    {.type = "binary", .properties = {kBinary, kNone, kCommon}, .systems = "system:url"},
    {.type = "conditional", .properties = {kConditional, kNone, kCommon}},
    {.type = "csv",
     .properties = {kCsv, kNone, kCommon},
     .systems = "system:url|system:microservice",
     .namespaces = true},
    {.type = "dataset", .properties = {kDataset, kNone, kCommon}, .reads_datasets = true},
    {.type = "embedded", .properties = {kEmbedded, kNone, kCommon}, .namespaces = true},
    {.type = "empty", .properties = {kNone, kNone, kCommon}},
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
    {.type = "ldap",
     .properties = {kLdap, kNone, kCommon},
     .systems = "system:ldap",
     .namespaces = true},
    {.type = "merge", .properties = {kMerge, kNone, kCommon}, .reads_datasets = true},
    {.type = "merge_datasets",
     .properties = {kMergeDatasets, kNone, kCommon},
     .reads_datasets = true},
    {.type = "rdf",
     .properties = {kRdf, kNone, kCommon},
     .systems = "system:url|system:microservice"},
    {.type = "rest", .properties = {kRest, kNone, kCommon}, .systems = "system:rest"},
    {.type = "sdshare",
     .properties = {kSdshare, kNone, kCommon},
     .systems = "system:url|system:microservice"},
    {.type = "sparql", .properties = {kSparql, kNone, kCommon}, .systems = "system:url"},
    {.type = "sql",
     .properties = {kSql, kNone, kCommon},
     .systems = kSqlSystems,
     .namespaces = true},
    {.type = "union_datasets",
     .properties = {kUnionDatasets, kNone, kCommon},
     .reads_datasets = true},
    {.type = "diff_datasets",
     .properties = {kDiffDatasets, kNone, kCommon},
     .reads_datasets = true,
     .standing = Standing::kDeprecated},
};

}  // namespace

std::span<const TypeSchema> SourceTypes() { return kTypes; }

}  // namespace sluice::config
