// The types of transforms (configuration-transforms*.rst).

#include "config/schema_tables.h"

namespace sluice::config {
namespace {

constexpr PropertySchema kCommon[] = {
    Need("type", kString),
    May("comment", kString | kList),
    May("side_effects", kBoolean, "false"),
};

constexpr PropertySchema kConditional[] = {
    Need("condition", kString),
    Need("alternatives", kObject),
};

constexpr PropertySchema kDtl[] = {
    Need("rules", kObject),
    May("id_required", kBoolean, "true"),
    kTriggerOn,
};

constexpr PropertySchema kHttp[] = {
    Need("system", kString),
    Need("url", kString),
    May("batch_size", kInteger, "100"),
    May("headers", kObject),
    May("side_effects", kBoolean, "true"),
    kTriggerOn,
};

constexpr PropertySchema kJsonSchema[] = {
    May("schema", kObject).When("!schema_url"), May("schema_url", kString),
    May("system", kString).When("schema_url"),  May("key_valid", kString, R"("valid")"),
    May("key_errors", kString, R"("errors")"),  kTriggerOn,
};

constexpr PropertySchema kRdf[] = {
    Need("rdf-property", kString),
};

constexpr PropertySchema kRest[] = {
    Need("system", kString),
    May("side_effects", kBoolean, "true"),
    May("response_property", kString, R"("response")"),
    May("response_headers_property", kString),
    May("response_status_property", kString),
    May("replace_entity", kBoolean, "false"),
    May("response_include_content_type", kBoolean, "false"),
    May("operation", kString),
    May("operations", kObject).Each(kOperation),
    May("properties", kObject),
    kTriggerOn,
    May("payload", kObject | kString | kList),
    May("payload_property", kString),
    May("id_expression", kString),
    May("updated_expression", kString),
    May("allowed_status_codes", kString, R"("200-299")"),
    May("ignored_status_codes", kString),
    May("if_transform_empty", kString, R"("accept")").OneOf("accept|allow|fail"),
    May("rate_limiting_retries", kInteger),
    May("rate_limiting_delay", kInteger, "1"),
    kTraceProperty,
};

constexpr PropertySchema kTemplate[] = {
    Need("template", kString | kObject)
        .OneOf("transform-collect-rest|transform-defaults-rest|transform-share-rest"),
    Need("properties", kObject),
};

constexpr PropertySchema kXml[] = {
    May("root-attributes", kObject),
    May("include-xml-decl", kBoolean, "false"),
    Need("xml-property", kString),
    May("skip-deleted-entities", kBoolean, "true"),
    kTriggerOn,
};

constexpr PropertySchema kPropertiesToCuries[] = {
    May("rule", kString).When("!id"),
    May("quote_safe_characters", kString, R"("/")"),
    May("id", kString),
    May("properties", kList).When("id"),
};

constexpr PropertySchema kUrisToCuries[] = {
    May("prefix_includes", kList),
};

constexpr PropertySchema kChangeKeys[] = {
    May("recurse", kBoolean, "false"),
};

constexpr PropertySchema kUndirectedGraph[] = {
    May("nodes", kList, R"(["_id","sameAs"])"),
    May("from", kString, R"("from")"),
    May("to", kString, R"("to")"),
};

constexpr PropertySchema kChained[] = {
    Need("transforms", kList),
};

constexpr TypeSchema kTypes[] = {
    {.type = "conditional", .properties = {kConditional, kNone, kCommon}},
    {.type = "dtl", .properties = {kDtl, kNone, kCommon}},
    {.type = "emit_children", .properties = {kNone, kNone, kCommon}},
    {.type = "http",
     .properties = {kHttp, kNone, kCommon},
     .systems = "system:url|system:microservice"},
    {.type = "json_schema", .properties = {kJsonSchema, kNone, kCommon}, .systems = "system:url"},
    {.type = "rdf", .properties = {kRdf, kNone, kCommon}},
    {.type = "rest", .properties = {kRest, kNone, kCommon}, .systems = "system:rest"},
    {.type = "template", .properties = {kTemplate, kNone, kCommon}},
    {.type = "xml", .properties = {kXml, kNone, kCommon}},
    {.type = "properties_to_curies",
     .properties = {kPropertiesToCuries, kNone, kCommon},
     .standing = Standing::kDeprecated},
    {.type = "uris_to_curies",
     .properties = {kUrisToCuries, kNone, kCommon},
     .standing = Standing::kDeprecated},
    {.type = "lower_keys",
     .properties = {kChangeKeys, kNone, kCommon},
     .standing = Standing::kDeprecated},
    {.type = "upper_keys",
     .properties = {kChangeKeys, kNone, kCommon},
     .standing = Standing::kDeprecated},
    {.type = "undirected_graph",
     .properties = {kUndirectedGraph, kNone, kCommon},
     .standing = Standing::kDeprecated},
    {.type = "chained", .properties = {kChained, kNone, kCommon}},
};

}  // namespace

std::span<const TypeSchema> TransformTypes() { return kTypes; }

}  // namespace sluice::config
