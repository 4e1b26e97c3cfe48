// What the tables of component types share. Included by schema*.cc only.

#pragma once

#include "config/schema.h"

namespace sluice::config {

std::span<const TypeSchema> SourceTypes();
std::span<const TypeSchema> TransformTypes();
std::span<const TypeSchema> SinkTypes();
std::span<const TypeSchema> SystemTypes();
std::span<const TypeSchema> PipeType();
std::span<const TypeSchema> PumpType();
std::span<const TypeSchema> MetadataType();

inline constexpr std::span<const PropertySchema> kNone;

inline constexpr std::string_view kSqlSystems =
    "system:mssql|system:mssql-azure-dw|system:mysql|system:oracle|system:oracle_tns|"
    "system:postgresql|system:sqlserver";

inline constexpr PropertySchema kTrace[] = {
    May("log_request_headers", kBoolean, "true").Late(),
    May("log_request_body_maxsize", kInteger, "100").Late(),
    May("log_response_headers", kBoolean, "true").Late(),
    May("log_response_body_maxsize", kInteger, "100").Late(),
    May("log_secret_redacted_bytes", kInteger, "600").Late(),
    May("log_authorization_header_redacted_bytes", kInteger).Old("log_secret_redacted_bytes"),
};
inline constexpr PropertySchema kTraceProperty =
    May("trace", kBoolean | kObject, "false").From("global_defaults.trace").With(kTrace);

inline constexpr PropertySchema kTriggerOnProperties[] = {
    May("key", kString, R"("_trigger")"),
    May("value", kAnything),
};
inline constexpr PropertySchema kTriggerOn = May("trigger_on", kObject).With(kTriggerOnProperties);

// Of a REST system, or in a REST source, transform or sink.
inline constexpr PropertySchema kOperation[] = {
    Need("url", kString),
    Need("method", kString).OneOf("GET|POST|PUT|DELETE|PATCH|OPTIONS|HEAD"),
    May("headers", kObject),
    May("params", kObject),
    May("payload-type", kString, R"("json")").OneOf("text|json|json-transit|form|multipart-form"),
    May("payload_type", kString).OneOf("text|json|json-transit|form|multipart-form"),
    May("properties", kObject),
    May("payload", kObject | kString | kList),
    May("response_property", kString),
    May("response_headers_property", kString),
    May("response_status_property", kString),
    May("response_include_content_type", kBoolean),
    May("payload_property", kString),
    May("next_page_link", kString),
    May("next_page_termination_strategy", kString | kList,
        R"(["next-page-link-empty","same-next-page-request","same-response"])")
        .OneOf("empty-result|same-next-page-link|next-page-link-empty|same-next-page-request|"
               "same-response|not-full-page"),
    May("page_size", kInteger),
    May("allowed_status_codes", kString, R"("200-299")"),
    May("ignored_status_codes", kString),
    May("id_expression", kString),
    May("updated_expression", kString),
    May("error_expression", kString),
    May("since_property_name", kString, R"("since")"),
    May("since_property_location", kString, R"("query")").OneOf("query|header|manual"),
    May("rate_limiting_retries", kInteger),
    May("rate_limiting_delay", kInteger, "1"),
    May("comment", kString | kList),
};

// For each status code, range or list of them, or "default"; wins over the pump.
inline constexpr PropertySchema kRetryStrategy[] = {
    May("max_read_retries", kInteger),
    May("read_retry_delay", kNumber),
    May("write_retry_delay", kNumber),
    May("max_retries_per_entity", kInteger),
    May("max_consecutive_write_errors", kInteger),
    May("max_write_errors_in_retry_dataset", kInteger),
    May("batch_retries", kInteger),
};

}  // namespace sluice::config
