// The types of systems (configuration-systems*.rst).

#include "config/schema_tables.h"

namespace sluice::config {
namespace {

constexpr PropertySchema kCommon[] = {
    Need("_id", kString),
    Need("type", kString),
    May("name", kString),
    May("description", kString | kList),
    May("comment", kString | kList),
    May("metadata", kObject),
    May("worker_threads", kInteger, "10"),
    May("permissions", kList),
};

constexpr PropertySchema kSqlSystem[] = {
    May("timezone", kString, R"("UTC")"),  May("pool_size", kInteger, "10"),
    May("pool_timeout", kInteger, "30"),   May("pool_max_overflow", kInteger, "10"),
    May("pool_recycle", kInteger, "1800"),
};

constexpr PropertySchema kElasticsearch[] = {
    May("hosts", kList, R"(["localhost:9200"])"),
    May("username", kString),
    May("password", kString).When("username"),
    May("authentication", kString).OneOf("basic"),
};

constexpr PropertySchema kKafka[] = {
    Need("bootstrap_servers", kString),
    May("sasl_username", kString),
    May("sasl_password", kString),
    May("registry_url", kString),
    May("registry_username", kString).When("registry_url"),
    May("registry_password", kString).When("registry_url"),
};

constexpr PropertySchema kLdap[] = {
    May("host", kString, R"("localhost")"),    May("port", kInteger, "389"),
    May("use_ssl", kBoolean, "false"),         May("verify_ssl", kBoolean, "true"),
    May("custom_ca_pem_chain", kString),       May("username", kString),
    May("password", kString).When("username"), May("charset", kString, R"("latin-1")"),
    May("connect_timeout", kInteger, "60"),    May("read_timeout", kInteger, "1800"),
};

constexpr PropertySchema kMicroserviceDocker[] = {
    Need("image", kString),
    Need("port", kInteger),
    May("environment", kObject),
    May("username", kString),
    May("password", kString),
    May("memory", kInteger, "128"),
    May("cpu_quota", kInteger, "25"),
    May("hosts", kObject, "{}"),
    May("skip_pull", kBoolean, "false"),
    May("pull_image_cron_expression", kString),
    May("cpu_period", kInteger, "100").Old(),
    May("cpuset_cpus", kString).Old(),
};

constexpr PropertySchema kMicroservice[] = {
    Need("docker", kObject).With(kMicroserviceDocker),
    May("use_https", kBoolean, "false"),
    May("verify_ssl", kBoolean, "false"),
    May("username", kString),
    May("password", kString).When("username"),
    May("authentication", kString).OneOf("basic|digest"),
    May("connect_timeout", kInteger, "60"),
    May("read_timeout", kInteger, "1800"),
    May("eager_load", kBoolean, "true").From("global_defaults.eager_load_microservices"),
    May("retry_strategy", kObject).Each(kRetryStrategy),
};

constexpr PropertySchema kMssql[] = {
    Need("username", kString),   Need("password", kString),     Need("host", kString),
    May("instance", kString),    May("port", kInteger, "1433"), Need("database", kString),
    May("tds_version", kString),
};

constexpr PropertySchema kMysql[] = {
    Need("username", kString),
    Need("password", kString),
    Need("host", kString),
    May("port", kInteger, "3306"),
    Need("database", kString),
    May("sslmode", kString, R"("preferred")").OneOf("disabled|preferred|required"),
};

constexpr PropertySchema kOracle[] = {
    Need("username", kString), Need("password", kString),
    Need("host", kString),     May("port", kInteger, "1521"),
    Need("database", kString), May("coerce_to_decimal", kBoolean, "false"),
};

constexpr PropertySchema kOracleTns[] = {
    Need("username", kString),
    Need("password", kString),
    Need("tns_name", kString),
    May("coerce_to_decimal", kBoolean, "false"),
};

constexpr PropertySchema kPostgresql[] = {
    Need("username", kString),
    Need("password", kString),
    Need("host", kString),
    May("port", kInteger, "5432"),
    Need("database", kString),
    May("sslmode", kString, R"("prefer")").OneOf("disable|allow|prefer|require"),
};

constexpr PropertySchema kRestCustomAuth[] = {
    Need("get_token_operation", kString),
    May("expires_at_expression", kString),
    May("expires_in_expression", kString),
    May("refresh_window", kInteger, "30"),
    May("initial_refresh_token", kObject),
    May("get_refresh_token_operation", kString),
    May("refresh_token_expires_at_expression", kString),
    May("refresh_token_expires_in_expression", kString),
    May("access_token_property", kString).Old(),
    May("refresh_token_property", kString).Old(),
};

constexpr PropertySchema kRest[] = {
    May("headers", kObject),
    May("operations", kObject).Each(kOperation),
    May("rate_limiting_retries", kInteger),
    May("rate_limiting_delay", kInteger, "1"),
    May("json_content_types", kList, R"(["application/json"])"),
    May("custom_auth", kObject).With(kRestCustomAuth),
};

constexpr PropertySchema kSmtp[] = {
    May("smtp_server", kString, R"("localhost")"),
    May("smtp_port", kInteger, "25"),
    May("smtp_username", kString),
    May("smtp_password", kString).When("smtp_username"),
    May("use_tls", kBoolean, "false"),
    May("max_per_hour", kInteger, "1000"),
};

constexpr PropertySchema kSolr[] = {
    May("url", kString, R"("http://localhost:8983/solr/")"),
    May("timeout", kInteger, "30"),
};

constexpr PropertySchema kSqlserver[] = {
    Need("username", kString),
    Need("password", kString),
    Need("host", kString),
    May("port", kInteger, "1433"),
    Need("database", kString),
    May("dialect", kString, R"("sql-server")").OneOf("sql-server|synapse"),
};

constexpr PropertySchema kTwilio[] = {
    Need("account", kString),
    Need("token", kString),
    May("max_per_hour", kInteger, "1000"),
    May("proxy", kString),
};

constexpr PropertySchema kUrlOauth2[] = {
    Need("client_id", kString),    Need("client_secret", kString),
    Need("token_url", kString),    May("access_token", kString),
    May("refresh_token", kString), May("refresh_window", kInteger, "30"),
    May("scope", kString | kList), May("extra", kObject),
};

constexpr PropertySchema kUrlTripletex[] = {
    Need("consumer_token", kString),
    Need("employee_token", kString),
    Need("token_url", kString),
    May("ttl", kInteger, "48"),
};

constexpr PropertySchema kUrlProxies[] = {
    May("http", kString),
    May("https", kString),
};

constexpr PropertySchema kUrl[] = {
    May("url_pattern", kString).When("!base_url"),
    May("base_url", kString).Old(),
    May("verify_ssl", kBoolean, "false").From("global_defaults.verify_ssl"),
    May("custom_ca_pem_chain", kString),
    May("username", kString),
    May("password", kString).When("username"),
    May("jwt_token", kString).When("authentication=jwt"),
    May("headers", kObject),
    May("authentication", kString).OneOf("basic|digest|ntlm|tripletex|jwt"),
    May("oauth2", kObject).With(kUrlOauth2),
    May("tripletex", kObject).With(kUrlTripletex),
    May("proxies", kObject).With(kUrlProxies),
    May("connect_timeout", kInteger, "60"),
    May("read_timeout", kInteger, "1800"),
    May("ignore_invalid_content_length_response_header", kBoolean, "false"),
    May("retry_strategy", kObject).Each(kRetryStrategy),
};

constexpr TypeSchema kTypes[] = {
    {.type = "system:elasticsearch", .properties = {kElasticsearch, kNone, kCommon}},
    {.type = "system:kafka", .properties = {kKafka, kNone, kCommon}},
    {.type = "system:ldap", .properties = {kLdap, kNone, kCommon}},
    {.type = "system:microservice", .properties = {kMicroservice, kNone, kCommon}},
    {.type = "system:mssql", .properties = {kMssql, kSqlSystem, kCommon}},
    {.type = "system:mysql", .properties = {kMysql, kSqlSystem, kCommon}},
    {.type = "system:oracle", .properties = {kOracle, kSqlSystem, kCommon}},
    {.type = "system:oracle_tns", .properties = {kOracleTns, kSqlSystem, kCommon}},
    {.type = "system:postgresql", .properties = {kPostgresql, kSqlSystem, kCommon}},
    {.type = "system:rest", .properties = {kRest, kUrl, kCommon}},
    {.type = "system:smtp", .properties = {kSmtp, kNone, kCommon}},
    {.type = "system:solr", .properties = {kSolr, kNone, kCommon}},
    {.type = "system:sqlserver", .properties = {kSqlserver, kSqlSystem, kCommon}},
    {.type = "system:mssql-azure-dw", .properties = {kSqlserver, kSqlSystem, kCommon}},
    {.type = "system:twilio", .properties = {kTwilio, kNone, kCommon}},
    {.type = "system:url", .properties = {kUrl, kNone, kCommon}},
};

}  // namespace

std::span<const TypeSchema> SystemTypes() { return kTypes; }

}  // namespace sluice::config
