#include "config/effective.h"

#include <gmock/gmock.h>

#include "config/validate.h"
#include "value/json.h"

namespace sluice::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::shared_ptr<const Document> Doc(std::string_view json) {
  auto document = Document::Parse(std::string(json));
  EXPECT_TRUE(document.ok()) << document.error().ToText();
  return *document;
}

std::shared_ptr<const Effective> MakeWith(std::string_view json, std::string_view metadata,
                                          std::string_view environment = "{}") {
  auto variables = Environment::Parse(std::string(environment)).value();
  auto service = MakeServiceMetadata(MakeEffective(Doc(metadata), variables, nullptr));
  return MakeEffective(Doc(json), variables, service);
}

std::shared_ptr<const Effective> Make(std::string_view json, std::string_view environment = "{}") {
  return MakeWith(json, R"({"_id": "node", "type": "metadata"})", environment);
}

std::string Json(const ConfigView& view) {
  return ToJson(view.value(), {.transit = Transit::kKeep, .sort_keys = true});
}

std::vector<std::string> Texts(const Effective& effective) {
  std::vector<std::string> texts;
  for (const Issue& issue : effective.issues()) {
    texts.push_back(issue.at + ": " + issue.message +
                    (issue.suggestion.empty() ? "" : " " + issue.suggestion));
  }
  return texts;
}

TEST(Effective, APipeHasAllItsParts) {
  const auto pipe =
      Make(R"({"_id": "a", "type": "pipe", "source": {"type": "dataset", "dataset": "b"}})");
  const ConfigView root = pipe->root();
  EXPECT_EQ(Json(root["source"]),
            R"({"completeness":false,"dataset":"b","if_source_empty":"accept",)"
            R"("include_previous_versions":false,"include_replaced":true,)"
            R"("require_populated_input":false,"supports_signalling":true,"type":"dataset"})");
  EXPECT_EQ(Json(root["transform"]), "[]");
  EXPECT_EQ(Json(root["sink"]),
            R"({"bitset_commit_interval":1000000,"dataset":"a","deletion_tracking":true,)"
            R"("enable_optimistic_locking":false,"indexes":[],"mark_deletion_tracked":false,)"
            R"("max_entity_bytes_size":104857600,"prevent_multiple_versions":false,)"
            R"("set_initial_offset":"if-source-populated","type":"dataset"})");
  EXPECT_EQ(Json(root["pump"]),
            R"({"fallback_to_single_entities_on_batch_fail":true,"log_events_noop_runs":false,)"
            R"("log_events_noop_runs_changes_only":true,"mode":"scheduled",)"
            R"("notification_granularity":999999999999999,"run_at_startup":false,)"
            R"("run_at_startup_if_not_populated":false,"schedule_interval":30,)"
            R"("track_dead_letters":false})");
  EXPECT_EQ(Json(root["namespaces"]), R"({"identity":"a","property":"a"})");
  EXPECT_EQ(Json(root["compaction"]),
            R"({"automatic":true,"compaction_interval":0,"growth_threshold":1.0,"keep_versions":2,)"
            R"("retract":false,"retract_timeout_seconds":60,"sink":true,)"
            R"("time_threshold_hours_pump":720,"ttl_deletes_timeout_seconds":60})");
  EXPECT_EQ(Json(root["dependency_tracking"]["dependency_error_threshold"]), "50000");
  EXPECT_EQ(Json(root["batch_size"]), "100");
  EXPECT_EQ(Json(root["checkpoint_interval"]), "100");
  EXPECT_EQ(Json(root["namespaced_identifiers"]), "false");
  EXPECT_EQ(Json(root["add_namespaces"]), "false");
  EXPECT_EQ(Json(root["name"]), R"("a")");
  EXPECT_THAT(pipe->issues(), IsEmpty());
  EXPECT_EQ(pipe->document()->bytes().find("pump"), std::string_view::npos) << "untouched";
}

TEST(Effective, WhatIsWrittenStays) {
  const auto pipe = Make(R"({"_id": "a", "type": "pipe", "batch_size": 10,
    "source": {"type": "json", "system": "s", "url": "u", "if_source_empty": "fail"},
    "sink": {"type": "dataset", "dataset": "other", "indexes": "$ids"},
    "pump": {"cron_expression": "0 0 * * ?", "run_at_startup": true, "batch_retries": 9}})");
  EXPECT_EQ(Json(pipe->root()["source"]["if_source_empty"]), R"("fail")");
  EXPECT_EQ(Json(pipe->root()["sink"]["dataset"]), R"("other")");
  EXPECT_EQ(Json(pipe->root()["sink"]["indexes"]), R"("$ids")");
  EXPECT_FALSE(pipe->root()["pump"]["schedule_interval"].exists());
  EXPECT_EQ(Json(pipe->root()["pump"]["batch_retries"]), "9");
  EXPECT_FALSE(pipe->root()["pump"]["max_read_retries"].exists()) << "a system may override it";
  EXPECT_EQ(Json(pipe->root()["checkpoint_interval"]), "1000");
}

TEST(Effective, EndpointsHaveNoPumpAndOutsideIsSlower) {
  const auto in = Make(R"({"_id": "a", "type": "pipe", "source": {"type": "http_endpoint"}})");
  EXPECT_FALSE(in->root()["pump"].exists());
  const auto out =
      Make(R"({"_id": "a", "type": "pipe", "source": {"type": "dataset", "dataset": "b"},
                            "sink": {"type": "csv_endpoint", "columns": ["a"]}})");
  EXPECT_FALSE(out->root()["pump"].exists());
  EXPECT_FALSE(out->root()["sink"]["dataset"].exists());
  const auto rest =
      Make(R"({"_id": "a", "type": "pipe", "source": {"type": "dataset", "dataset": "b"},
                             "sink": {"type": "rest", "system": "s", "operation": "o"}})");
  EXPECT_EQ(Json(rest->root()["pump"]["schedule_interval"]), "900");
  EXPECT_EQ(Json(rest->root()["batch_size"]), "1");
  EXPECT_EQ(Json(rest->root()["checkpoint_interval"]), "1");
  EXPECT_EQ(Json(rest->root()["source"]["supports_signalling"]), "false");
}

TEST(Effective, SignalsDependOnTheSchedule) {
  const auto signals = [](std::string_view pump, std::string_view metadata = "{}") {
    const auto pipe = MakeWith(
        fmt::format(R"({{"_id": "a", "type": "pipe", "pump": {},
                         "source": {{"type": "merge", "datasets": ["b"], "equality": []}}}})",
                    pump),
        fmt::format(R"({{"_id": "node", "type": "metadata", "global_defaults": {}}})", metadata));
    return pipe->root()["source"]["supports_signalling"].Boolean().value();
  };
  EXPECT_TRUE(signals("{}"));
  EXPECT_TRUE(signals(R"({"schedule_interval": 3600})"));
  EXPECT_FALSE(signals(R"({"schedule_interval": 60})"));
  EXPECT_FALSE(signals(R"({"cron_expression": "0 * * * ?"})"));
  EXPECT_FALSE(signals("{}", R"({"use_signalling_internally": false})"));
}

TEST(Effective, TakesDefaultsFromTheMetadata) {
  const auto pipe = MakeWith(
      R"({"_id": "a", "type": "pipe", "source": {"type": "csv", "url": "u", "system": "s", "primary_key": "k"},
          "sink": {"type": "sql", "system": "s", "table": "t"}})",
      R"({"_id": "node", "type": "metadata", "namespaced_identifiers": true,
          "global_defaults": {"if_source_empty": "fail", "compaction_keep_versions": 5,
                              "default_compaction_type": "background"},
          "dependency_tracking": {"dependency_error_threshold": 7}})");
  EXPECT_EQ(Json(pipe->root()["source"]["if_source_empty"]), R"("fail")");
  EXPECT_EQ(Json(pipe->root()["compaction"]["keep_versions"]), "5");
  EXPECT_EQ(Json(pipe->root()["compaction"]["sink"]), "false");
  EXPECT_EQ(Json(pipe->root()["dependency_tracking"]["dependency_error_threshold"]), "7");
  EXPECT_EQ(Json(pipe->root()["add_namespaces"]), "true");
  EXPECT_EQ(Json(pipe->root()["remove_namespaces"]), "true");
  const auto indexed = MakeWith(R"({"_id": "a", "type": "pipe", "source": {"type": "empty"}})",
                                R"({"_id": "node", "type": "metadata",
                                    "global_defaults": {"always_index_ids": true}})");
  EXPECT_EQ(Json(indexed->root()["sink"]["indexes"]), R"("$ids")");
}

TEST(Effective, APipeMayHaveNamespacesAlone) {
  const auto pipe = Make(R"({"_id": "a", "type": "pipe", "namespaced_identifiers": true,
      "namespaces": {"identity": "i"}, "remove_namespaces": false,
      "source": {"type": "embedded", "entities": []}, "sink": {"type": "http_endpoint"}})");
  EXPECT_EQ(Json(pipe->root()["add_namespaces"]), "true");
  EXPECT_EQ(Json(pipe->root()["remove_namespaces"]), "false");
  EXPECT_EQ(Json(pipe->root()["namespaces"]), R"({"identity":"i","property":"a"})");
}

TEST(Effective, ResolvesConditionalSourcesAndSinks) {
  const std::string_view json = R"~({"_id": "a", "type": "pipe",
      "source": {"type": "conditional", "condition": "$ENV(node-env)", "alternatives": {
          "prod": {"type": "sql", "system": "s", "table": "t"},
          "test/1": {"type": "conditional", "condition": "x", "alternatives": {
              "x": {"type": "embedded", "entities": [{"_id": "1"}]}}}}},
      "sink": {"type": "conditional", "condition": "$ENV(real)", "alternatives": {
          "true": {"type": "null"}, "false": {"type": "http_endpoint"}}}})~";
  const auto pipe = Make(json, R"({"node-env": "test/1", "real": true})");
  EXPECT_EQ(Json(pipe->root()["source"]["type"]), R"("embedded")");
  EXPECT_EQ(Json(pipe->root()["sink"]["type"]), R"("null")");
  EXPECT_EQ(pipe->OriginalPointer("/source/entities/0"),
            "/source/alternatives/test~11/alternatives/x/entities/0");
  EXPECT_EQ(pipe->OriginalPointer("/sink/type"), "/sink/alternatives/true/type");
  EXPECT_EQ(pipe->OriginalPointer("/sinks"), "/sinks");
  EXPECT_THAT(Texts(*pipe), IsEmpty());
}

TEST(Effective, SaysWhatAConditionLacks) {
  const auto pipe = Make(R"~({"_id": "a", "type": "pipe",
      "source": {"type": "conditional", "condition": "dve", "alternatives": {"dev": {"type": "empty"}, "prod": 3}},
      "sink": {"type": "conditional", "condition": "$ENV(none)", "alternatives": {}},
      "transform": [{"type": "conditional", "alternatives": {}}, {"type": "conditional", "condition": "prod", "alternatives": {"prod": 3}}]})~");
  EXPECT_THAT(
      Texts(*pipe),
      ElementsAre(
          "/sink/condition: there is no environment variable \"none\"",
          "/source/condition: there is no alternative \"dve\", there are \"dev\" and \"prod\" "
          "Did you mean \"dev\"?",
          "/transform/0/condition: \"condition\" is required",
          "/transform/1/alternatives/prod: expected an object, found the integer 3"));
  EXPECT_EQ(Json(pipe->root()["source"]["type"]), R"("conditional")");
}

TEST(Effective, FlattensTransforms) {
  const auto one = Make(R"({"_id": "a", "type": "pipe", "source": {"type": "empty"},
      "transform": {"type": "dtl", "rules": {"default": []}}})");
  EXPECT_EQ(Json(one->root()["transform"]),
            R"([{"id_required":true,"rules":{"default":[]},"side_effects":false,"type":"dtl"}])");
  EXPECT_EQ(one->OriginalPointer("/transform/0/rules/default"), "/transform/rules/default");

  const auto many = Make(R"({"_id": "a", "type": "pipe", "source": {"type": "empty"}, "transform": [
      {"type": "emit_children"},
      [{"type": "dtl", "rules": {"default": [["copy", "*"]]}}],
      {"type": "chained", "transforms": [{"type": "xml", "xml-property": "x"}]},
      {"type": "conditional", "condition": "c", "alternatives": {"c": {"type": "lower_keys"}}}]})");
  EXPECT_EQ(many->root()["transform"].value().count(), 4u);
  EXPECT_EQ(many->OriginalPointer("/transform/0/x"), "/transform/0/x");
  EXPECT_EQ(many->OriginalPointer("/transform/1/rules"), "/transform/1/0/rules");
  EXPECT_EQ(many->OriginalPointer("/transform/2"), "/transform/2/transforms/0");
  EXPECT_EQ(many->OriginalPointer("/transform/3/type"), "/transform/3/alternatives/c/type");
  EXPECT_THAT(Texts(*many), IsEmpty());
}

TEST(Effective, ConditionalPropertiesReplaceThoseBesideThem) {
  const auto system = Make(R"~({"_id": "s", "type": "system:url", "url_pattern": "http://p/%s",
      "headers": {"$conditional_properties": {"condition": "$ENV(e)", "alternatives": {"test": {"x": "1"}, "prod": {}}}, "y": "2"},
      "$conditional_properties": {"condition": "$ENV(e)", "alternatives": {
         "test": {"url_pattern": "http://t/%s", "proxies": {"http": "h"},
                  "$conditional_properties": {"condition": "a", "alternatives": {"a": {"read_timeout": 5}}}},
         "prod": {"_id": "z"}}}})~",
                           R"({"e": "test"})");
  EXPECT_EQ(Json(system->root()),
            R"({"_id":"s","connect_timeout":60,"headers":{"x":"1","y":"2"},)"
            R"("ignore_invalid_content_length_response_header":false,"name":"s",)"
            R"("proxies":{"http":"h"},"read_timeout":5,"type":"system:url",)"
            R"("url_pattern":"http://t/%s","verify_ssl":false,"worker_threads":10})");
  EXPECT_EQ(system->OriginalPointer("/url_pattern"),
            "/$conditional_properties/alternatives/test/url_pattern");
  EXPECT_EQ(system->OriginalPointer("/headers/x"),
            "/headers/$conditional_properties/alternatives/test/x");
  EXPECT_EQ(system->OriginalPointer("/read_timeout"),
            "/$conditional_properties/alternatives/test/$conditional_properties/alternatives/a/"
            "read_timeout");
}

TEST(Effective, ConditionalPropertiesHaveLimits) {
  const auto pipe = Make(R"~({"_id": "a", "type": "pipe",
      "source": {"type": "embedded", "entities": [{"_id": "1", "$conditional_properties": {"x": 1}}]},
      "transform": [{"type": "dtl", "rules": {"default": [["add", "$conditional_properties", 1]]}}],
      "$conditional_properties": {"condition": "x", "alternatives": {"x": {"_id": "b", "batch_size": 3}}}})~");
  EXPECT_EQ(Json(pipe->root()["_id"]), R"("a")");
  EXPECT_EQ(Json(pipe->root()["batch_size"]), "3");
  EXPECT_TRUE(pipe->root()["source"]["entities"][0]["$conditional_properties"].exists());
  EXPECT_THAT(Texts(*pipe),
              ElementsAre("/$conditional_properties: \"_id\" cannot be set by a condition"));
}

TEST(Effective, ReadsNumbersFromTexts) {
  const auto system =
      Make(R"~({"_id": "s", "type": "system:postgresql", "username": "u", "password": "$SECRET(p)",
                               "host": "$ENV(host)", "port": "$ENV(port)", "database": "5"})~",
           R"({"host": "db", "port": "6543"})");
  EXPECT_EQ(Json(system->root()["port"]), "6543");
  EXPECT_EQ(Json(system->root()["database"]), R"("5")");
  EXPECT_EQ(Json(system->root()["password"]), R"~("$SECRET(p)")~");
  EXPECT_THAT(Texts(*system),
              ElementsAre("/port: expected a number, found a string; it is read as 6543"));
}

TEST(Effective, ExpandsTheShortForm) {
  const auto pipe =
      Make(R"({"_id": "Northwind:Orders", "short_config": "sql://Northwind/Orders"})");
  EXPECT_EQ(Json(pipe->root()["source"]["system"]), R"("Northwind")");
  EXPECT_EQ(Json(pipe->root()["source"]["table"]), R"("Orders")");
  EXPECT_EQ(Json(pipe->root()["sink"]["dataset"]), R"("Northwind:Orders")");
  EXPECT_EQ(Json(pipe->root()["pump"]["schedule_interval"]), "60");
  EXPECT_EQ(Json(pipe->root()["pump"]["run_at_startup"]), "true");
  const auto bad = Make(R"({"_id": "a", "short_config": "sql://Orders"})");
  EXPECT_THAT(Texts(*bad), ElementsAre("/short_config: expected \"sql://SYSTEM/TABLE\", found the "
                                       "string \"sql://Orders\""));
}

TEST(Effective, TheMetadataHasAllGlobalDefaultsAndPrefixes) {
  const auto metadata = ServiceMetadata::Default();
  EXPECT_FALSE(metadata->namespaced_identifiers());
  EXPECT_EQ(metadata->Global("max_merged").Integer().value(), 50000);
  EXPECT_EQ(metadata->prefixes().size(), 11u);
  const auto own = MakeServiceMetadata(Make(
      R"({"_id": "node", "type": "metadata", "namespaces": {"default": {"rdf": "r", "x": "y"}}})"));
  EXPECT_EQ(own->prefixes().size(), 12u);
  EXPECT_EQ(Json(own->root()["namespaces"]["default"]["rdf"]), R"("r")");
  EXPECT_EQ(Json(own->root()["namespaces"]["default"]["foaf"]), R"("http://xmlns.com/foaf/0.1/")");
}

// Whatever stands where an object is expected: no crash, and what is there stays.
TEST(Effective, SurvivesWrongTypesEverywhere) {
  for (const char* wrong :
       {"3", "\"x\"", "[]", "[3]", "null", "true", "{}", "{\"type\": 3}", "[[[]]]"}) {
    for (const char* name : {"source", "transform", "sink", "pump", "namespaces", "compaction",
                             "dependency_tracking", "batch_size", "metadata", "short_config",
                             "namespaced_identifiers", "$conditional_properties"}) {
      const auto pipe =
          Make(fmt::format(R"({{"_id": "a", "type": "pipe", "{}": {}}})", name, wrong));
      EXPECT_TRUE(pipe->root()["pump"].exists() || name == std::string("pump"));
    }
    for (const char* name : {"global_defaults", "namespaces", "dependency_tracking", "rdf"}) {
      const auto metadata = MakeServiceMetadata(
          Make(fmt::format(R"({{"_id": "node", "type": "metadata", "{}": {}}})", name, wrong)));
      EXPECT_NE(metadata, nullptr);
    }
  }
}

}  // namespace
}  // namespace sluice::config
