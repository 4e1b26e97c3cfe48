#include "config/validate.h"

#include <gmock/gmock.h>

#include <set>

#include "config/schema.h"
#include "value/json.h"

namespace sluice::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

CheckedConfiguration Check(std::string_view json, std::string_view environment = "{}") {
  auto documents = ParseDocuments(json);
  EXPECT_TRUE(documents.ok()) << documents.error().ToText();
  return CheckConfiguration(*documents, Environment::Parse(std::string(environment)).value());
}

std::string Text(const Issue& issue) {
  return fmt::format("{} {}: {}{}{}", issue.level == Level::kError ? "error" : "warning", issue.at,
                     issue.message, issue.suggestion.empty() ? "" : " ", issue.suggestion);
}

// The texts of all issues of the first component.
std::vector<std::string> Texts(std::string_view json, std::string_view environment = "{}") {
  const CheckedConfiguration checked = Check(json, environment);
  std::vector<std::string> texts;
  for (const Issue& issue : checked.components()[0].issues) texts.push_back(Text(issue));
  return texts;
}

std::vector<std::string> PipeTexts(std::string_view properties) {
  return Texts(fmt::format(R"([{{"_id": "p", "type": "pipe", {}}}])", properties));
}

TEST(Validate, AGoodConfigurationHasNoIssues) {
  const auto checked = Check(R"~([
    {"_id": "node", "type": "metadata", "namespaced_identifiers": true, "task_manager": {"disable_user_pipes": true}},
    {"_id": "crm", "type": "system:url", "url_pattern": "http://crm/%s", "password": "$SECRET(p)", "username": "u"},
    {"_id": "crm-person", "type": "pipe", "source": {"type": "json", "system": "crm", "url": "persons", "is_chronological": true},
     "transform": [{"type": "dtl", "rules": {"default": [["copy", "*"]]}}],
     "pump": {"schedule_interval": 60, "rescan_run_count": 10}, "metadata": {"$config-group": "g", "anything": 1}},
    {"_id": "global-person", "type": "pipe", "source": {"type": "merge", "version": 2, "datasets": ["crm-person c"], "equality": [["eq", "c.a", "c.b"]], "identity": "first"},
     "comment": ["a", "b"], "description": "d", "permissions": [["allow", ["group:Everyone"], ["read_data"]]]}
  ])~");
  EXPECT_TRUE(checked.valid());
  for (const auto& component : checked.components()) {
    EXPECT_THAT(component.issues, IsEmpty()) << Text(component.issues[0]);
  }
  EXPECT_EQ(checked.pipes().size(), 2u);
  EXPECT_EQ(checked.systems().size(), 1u);
  EXPECT_NE(checked.FindPipe("crm-person"), nullptr);
  EXPECT_EQ(checked.FindPipe("crm"), nullptr);
  EXPECT_NE(checked.FindSystem("crm"), nullptr);
  EXPECT_TRUE(checked.metadata()->namespaced_identifiers());
}

TEST(Validate, NamesUnknownPropertiesAndWhatIsNear) {
  EXPECT_THAT(
      PipeTexts(
          R"("source": {"type": "dataset", "dataset": "d", "subst": []}, "pumpp": {}, "xyz": 1)"),
      ElementsAre("warning /pumpp: \"pumpp\" is no known property of a pipe Did you mean \"pump\"?",
                  "warning /xyz: \"xyz\" is no known property of a pipe",
                  "warning /source/subst: \"subst\" is no known property of a dataset source "
                  "Did you mean \"subset\"?"));
}

TEST(Validate, NamesUnknownTypes) {
  EXPECT_THAT(
      PipeTexts(
          R"("source": {"type": "datset"}, "sink": {"type": "x"}, "transform": [{"type": "DTL"}, 3, {}])"),
      ElementsAre(
          "error /source/type: there is no source type \"datset\" Did you mean \"dataset\"?",
          "error /sink/type: there is no sink type \"x\"",
          "error /transform/0/type: there is no transform type \"DTL\"",
          "error /transform/1: expected a transform, which is an object, found the integer 3",
          "error /transform/2/type: \"type\" is required in a transform"));
  EXPECT_THAT(
      Texts(R"([{"_id": "s", "type": "system:urll"}])"),
      ElementsAre(
          "error /type: there is no system type \"system:urll\" Did you mean \"system:url\"?"));
  EXPECT_THAT(
      Texts(R"([{"_id": "s", "type": "pip"}])"),
      ElementsAre(
          "error /type: expected \"pipe\", \"metadata\" or \"system:…\", found the string \"pip\" "
          "Did you mean \"pipe\"?"));
  EXPECT_THAT(Texts(R"([{"_id": "s"}])"), ElementsAre("error /type: \"type\" is required"));
}

TEST(Validate, SaysWhatIsRequired) {
  EXPECT_THAT(PipeTexts(R"("name": "x")"),
              ElementsAre("error /source: \"source\" is required in a pipe"));
  EXPECT_THAT(
      Texts(
          R"([{"_id": "p", "type": "pipe", "source": {"type": "sql"}}, {"_id": "s", "type": "system:mysql"}])"),
      ElementsAre("error /source/system: \"system\" is required in a sql source",
                  "error /source/table: \"table\" is required in a sql source without \"query\""));
  EXPECT_THAT(
      PipeTexts(R"("source": {"type": "empty"}, "pump": {"partial_rescan_run_count": 5})"),
      ElementsAre(
          "error /pump/partial_rescan_delta: \"partial_rescan_delta\" is required in a pump "
          "with \"partial_rescan_run_count\""));
  EXPECT_THAT(
      Texts(
          R"([{"_id": "s", "type": "system:url", "authentication": "jwt", "url_pattern": "%s"}])"),
      ElementsAre("error /jwt_token: \"jwt_token\" is required in a system:url where "
                  "\"authentication\" is jwt"));
  EXPECT_THAT(
      Texts(
          R"([{"_id": "s", "type": "system:rest", "url_pattern": "%s", "operations": {"get": {"url": "x"}}}])"),
      ElementsAre(
          "error /operations/get/method: \"method\" is required in an entry of \"operations\""));
}

TEST(Validate, SaysWhatKindAValueHas) {
  EXPECT_THAT(
      PipeTexts(R"("source": {"type": "embedded", "entities": {}}, "batch_size": 0, "transform": 3,
                   "pump": {"schedule_interval": "often", "mode": "manuel", "run_at_startup": 1}, "compaction": {"keep_versions": -1.5})"),
      ElementsAre(
          "error /batch_size: expected at least 1, found the integer 0",
          "error /compaction/keep_versions: expected an integer, found the number -1.5",
          "error /source/entities: expected a list, found an object",
          "error /transform: expected a transform, which is an object, found the integer 3",
          "error /pump/schedule_interval: expected a number, found the string \"often\"",
          "error /pump/mode: expected \"scheduled\", \"manual\" or \"off\", found the string "
          "\"manuel\" Did you mean \"manual\"?",
          "error /pump/run_at_startup: expected true or false, found the integer 1"));
}

TEST(Validate, WarnsOfWhatIsDeprecated) {
  EXPECT_THAT(
      Texts(
          R"([{"_id": "p", "type": "pipe", "source": {"type": "diff_datasets", "datasets": ["a", "b"]},
                 "transform": {"type": "lower_keys"}, "pump": {"use_dead_letter_dataset": true}}])"),
      ElementsAre(
          "warning /source/type: the diff_datasets source is deprecated",
          "warning /transform/type: the lower_keys transform is deprecated",
          "warning /pump/use_dead_letter_dataset: \"use_dead_letter_dataset\" is deprecated "
          "Use \"dead_letter_dataset\"."));
}

TEST(Validate, PlacesAreThoseOfTheDocument) {
  EXPECT_THAT(
      Texts(
          R"~([{"_id": "p", "type": "pipe", "source": {"type": "conditional", "condition": "$ENV(e)",
                          "alternatives": {"dev": {"type": "embedded"}, "prod": {"type": "nothing"}}}}])~",
          R"({"e": "dev"})"),
      ElementsAre("error /source/alternatives/dev/entities: \"entities\" is required in an "
                  "embedded source"));
}

TEST(Validate, WaitsForVariablesAndSecrets) {
  EXPECT_THAT(
      Texts(
          R"~([{"_id": "s", "type": "system:postgresql", "username": "$SECRET(u)", "password": "$SECRET(p)",
                          "host": "h", "port": "$SECRET(port)", "database": "$ENV(db)", "sslmode": "$ENV(db)"}])~"),
      ElementsAre("error /database: there is no environment variable \"db\"",
                  "error /sslmode: there is no environment variable \"db\""));
}

TEST(Validate, ChecksIds) {
  const auto id = [](std::string_view json) {
    return Texts(fmt::format(R"([{{{} "type": "pipe", "source": {{"type": "empty"}}}}])", json));
  };
  EXPECT_THAT(id(""), ElementsAre("error /_id: \"_id\" is required"));
  EXPECT_THAT(id(R"("_id": 3,)"),
              ElementsAre("error /_id: expected a string, found the integer 3"));
  EXPECT_THAT(id(R"("_id": "",)"),
              ElementsAre("error /_id: expected an id, found an empty string"));
  EXPECT_THAT(id(R"("_id": "a/b",)"),
              ElementsAre("error /_id: an id has no '/', found the string \"a/b\""));
  EXPECT_THAT(
      id(R"("_id": "a:b_c",)"),
      ElementsAre(
          "warning /_id: expected letters, digits and hyphens, at most 62, the first no hyphen, "
          "found the string \"a:b_c\""));
  EXPECT_THAT(id(R"("_id": "Aa-0",)"), IsEmpty());
  EXPECT_THAT(id(R"("_id": "system:x", "metadata": {"origin": "system"},)"), IsEmpty());
}

TEST(Validate, ComparesComponents) {
  const auto checked = Check(R"([
    {"_id": "a", "type": "pipe", "source": {"type": "sql", "system": "dbs", "table": "t"}},
    {"_id": "a", "type": "pipe", "source": {"type": "empty"}, "sink": {"type": "dataset", "dataset": "x"}},
    {"_id": "b", "type": "pipe", "source": {"type": "json", "system": "db", "url": "u"}, "sink": {"type": "dataset", "dataset": "x"}},
    {"_id": "db", "type": "system:smtp"}, {"_id": "node", "type": "metadata"}, {"_id": "node", "type": "metadata"}])");
  const auto texts = [&](size_t i) {
    std::vector<std::string> list;
    for (const Issue& issue : checked.components()[i].issues) list.push_back(Text(issue));
    return list;
  };
  EXPECT_THAT(texts(0),
              ElementsAre("error /source/system: there is no system \"dbs\" Did you mean \"db\"?"));
  EXPECT_THAT(
      texts(1),
      ElementsAre("error /_id: there is more than one pipe \"a\"",
                  "warning /sink/dataset: the pipe \"b\" writes to the dataset \"x\" too; each "
                  "deletes what the other wrote unless \"deletion_tracking\" is false"));
  EXPECT_THAT(texts(2),
              ElementsAre(HasSubstr("warning /source/system: expected a system of type system:url, "
                                    "system:microservice, \"db\" is of type system:smtp"),
                          HasSubstr("the pipe \"a\" writes to the dataset \"x\" too")));
  EXPECT_THAT(texts(3), IsEmpty());
  EXPECT_THAT(texts(4), IsEmpty());
  EXPECT_THAT(texts(5), ElementsAre("error /_id: there is more than one service metadata"));
  EXPECT_EQ(checked.FindPipe("a"), &checked.components()[0]);
}

TEST(Validate, WarnsOfPumpsThatContradict) {
  EXPECT_THAT(
      PipeTexts(
          R"("source": {"type": "empty"}, "pump": {"schedule_interval": 1, "cron_expression": "* * * * ?"})"),
      ElementsAre("warning /pump/cron_expression: \"schedule_interval\" and \"cron_expression\" "
                  "exclude each "
                  "other; \"cron_expression\" counts"));
  EXPECT_THAT(
      PipeTexts(R"("source": {"type": "http_endpoint"}, "pump": {})"),
      ElementsAre(
          "warning /pump: a pipe with the http_endpoint source has no pump; this one is not used"));
}

TEST(Report, IsWhatThePublicClientReads) {
  const auto checked = Check(
      R"([{"_id": "p\"", "type": "pipe"}, {"_id": "q", "type": "pipe", "source": {"type": "empty"}}])");
  EXPECT_EQ(
      ValidationErrorsJson(checked.components()),
      R"({"code":"bad-config","message":"the configuration has errors","validation_errors":[{"posted-config":{"_id":"p\"","type":"pipe"},"config-errors":[)"
      R"({"level":"error","msg":"/source: \"source\" is required in a pipe","elements":["/source"],"pointer":"/source"},)"
      R"({"level":"warning","msg":"/_id: expected letters, digits and hyphens, at most 62, the first no hyphen, found the string \"p\\\"\"","elements":["/_id"],"pointer":"/_id"}]}]})");
  EXPECT_EQ(
      ValidationErrorsJson({}),
      R"({"code":"bad-config","message":"the configuration has errors","validation_errors":[]})");
  EXPECT_EQ(ConfigErrorsJson({}), "[]");
}

TEST(Report, ATerminalSeesFileAndLine) {
  const auto documents = ParseDocuments(
      "{\n  \"_id\": \"p\", \"type\": \"pipe\",\n  \"source\": {\"type\": \"datset\"}\n}",
      "pipes/p.conf.json");
  const auto checked = CheckConfiguration(*documents, Environment::Empty());
  EXPECT_EQ(IssueText(*(*documents)[0], checked.components()[0].issues[0]),
            "pipes/p.conf.json:3:14: error: p /source/type: there is no source type \"datset\". "
            "Did you mean \"dataset\"?");
}

// The tables are data: whoever edits them is told of slips here.
TEST(Schema, TablesAreConsistent) {
  Arena arena;
  JsonParser parser({.transit = Transit::kKeep});
  const auto metadata = ServiceMetadata::Default();
  size_t properties = 0;
  for (const Part part : {Part::kSource, Part::kTransform, Part::kSink, Part::kSystem, Part::kPipe,
                          Part::kPump, Part::kMetadata}) {
    std::set<std::string_view> types;
    for (const TypeSchema& type : TypesOf(part)) {
      EXPECT_TRUE(types.insert(type.type).second) << type.type;
      for (const auto& table : type.properties) {
        for (const PropertySchema& property : table) {
          ++properties;
          SCOPED_TRACE(fmt::format("{} {} {}", ToString(part), type.type, property.name));
          if (!property.default_json.empty()) {
            const auto value = parser.Parse(property.default_json, arena);
            ASSERT_TRUE(value.ok());
            EXPECT_FALSE(property.required) << "a default makes it optional";
          }
          if (property.inherits.starts_with("global_defaults.")) {
            EXPECT_NE(FindType(Part::kMetadata)->Find("global_defaults"), nullptr);
            bool known = false;
            for (const PropertySchema& global :
                 FindType(Part::kMetadata)->Find("global_defaults")->properties) {
              known = known || "global_defaults." + std::string(global.name) == property.inherits;
            }
            EXPECT_TRUE(known) << property.inherits;
          }
        }
      }
    }
  }
  EXPECT_GT(properties, 600u);
  EXPECT_EQ(TypesOf(Part::kSource).size(), 19u);
  EXPECT_EQ(TypesOf(Part::kSink).size(), 17u);
  EXPECT_EQ(TypesOf(Part::kTransform).size(), 15u);
  EXPECT_EQ(TypesOf(Part::kSystem).size(), 16u);
}

// Each default passes its own checks: a component of required properties alone gives no error once
// filled in.
TEST(Schema, DefaultsAreValid) {
  for (const Part part : {Part::kSource, Part::kSink, Part::kTransform}) {
    for (const TypeSchema& type : TypesOf(part)) {
      if (type.type == "conditional") continue;
      std::string component = fmt::format(R"({{"type": "{}")", type.type);
      for (const auto& table : type.properties) {
        for (const PropertySchema& property : table) {
          if (!property.required || property.name == "type") continue;
          const char* value = (property.accepts & kString) != 0   ? "\"s\""
                              : (property.accepts & kObject) != 0 ? "{}"
                              : (property.accepts & kList) != 0   ? "[]"
                                                                  : "1";
          if (property.name == "template") value = "\"transform-share-rest\"";
          component += fmt::format(", \"{}\": {}", property.name, value);
        }
      }
      component += "}";
      const std::string other = part == Part::kSource ? "" : R"("source": {"type": "empty"}, )";
      const auto checked = Check(fmt::format(R"([{{"_id": "p", "type": "pipe", {}"{}": {}}}])",
                                             other, ToString(part), component));
      for (const Issue& issue : checked.components()[0].issues) {
        if (issue.message == "there is no system \"s\"" ||
            issue.message.find("without") != std::string::npos)
          continue;
        EXPECT_EQ(issue.level, Level::kWarning) << component << ": " << Text(issue);
        EXPECT_THAT(issue.message, HasSubstr("deprecated")) << component;
      }
    }
  }
}

}  // namespace
}  // namespace sluice::config
