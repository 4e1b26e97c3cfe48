#include "config/environment.h"

#include <gmock/gmock.h>

#include "config/secrets.h"
#include "value/json.h"

namespace sluice::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Substitution : public testing::Test {
 protected:
  ConfigView Parse(std::string_view json) {
    JsonParser parser({.transit = Transit::kKeep});
    return ConfigView(parser.Parse(json, arena_).value());
  }
  std::string Substituted(std::string_view json) {
    issues_ = {};
    return ToJson(SubstituteEnvironment(Parse(json), *environment_, arena_, issues_),
                  {.transit = Transit::kKeep});
  }

  Arena arena_;
  Issues issues_;
  std::shared_ptr<const Environment> environment_ =
      Environment::Parse(R"~({"host": "db.example.org", "port": 5432, "ratio": 0.5, "debug": false,
                             "nothing": null, "hosts": ["a", "b"], "auth": {"user": "u"},
                             "loop": "$ENV(host)", "big": 12345678901234567890123})~")
          .value();
};

TEST_F(Substitution, AWholeStringTakesTheTypeOfTheValue) {
  EXPECT_EQ(Substituted(
                R"~(["$ENV(host)", "$ENV(port)", "$ENV(ratio)", "$ENV(debug)", "$ENV(nothing)"])~"),
            R"~(["db.example.org",5432,0.5,false,null])~");
  EXPECT_EQ(Substituted(R"~({"a": "$ENV(hosts)", "b": {"c": "$ENV(auth)"}, "d": "$ENV(big)"})~"),
            R"~({"a":["a","b"],"b":{"c":{"user":"u"}},"d":12345678901234567890123})~");
  EXPECT_TRUE(issues_.all().empty());
}

TEST_F(Substitution, InsideOtherTextItIsInserted) {
  EXPECT_EQ(Substituted(R"~("http://$ENV(host):$ENV(port)/$ENV(auth)?d=$ENV(debug)")~"),
            R"~("http://db.example.org:5432/{\"user\":\"u\"}?d=false")~");
  EXPECT_EQ(Substituted(R"~(" $ENV(port)")~"), R"~(" 5432")~");
}

TEST_F(Substitution, IsDoneOnce) {
  EXPECT_EQ(Substituted(R"~(["$ENV(loop)", "x$ENV(loop)"])~"), R"~(["$ENV(host)","x$ENV(host)"])~");
}

TEST_F(Substitution, LeavesNamesAndOtherTextAlone) {
  const std::string json = R"~({"$ENV(host)":"$ENV","b":"$ENV(open","c":"ENV(host)","d":1})~";
  EXPECT_EQ(Substituted(json), json);
  EXPECT_TRUE(issues_.all().empty());
  const ConfigView view = Parse(R"~({"a": [1, {"b": "c"}]})~");
  EXPECT_EQ(SubstituteEnvironment(view, *environment_, arena_, issues_).encoded(),
            view.value().encoded())
      << "what needs no change is not copied";
}

TEST_F(Substitution, AMissingVariableIsAnErrorAtItsPlace) {
  EXPECT_EQ(Substituted(R"~({"a/b": ["$ENV(hots)"], "c": "x$ENV(other)y"})~"),
            R"~({"a/b":["$ENV(hots)"],"c":"x$ENV(other)y"})~");
  ASSERT_EQ(issues_.all().size(), 2u);
  EXPECT_EQ(issues_.all()[0].at, "/a~1b/0");
  EXPECT_EQ(issues_.all()[0].message, "there is no environment variable \"hots\"");
  EXPECT_EQ(issues_.all()[0].suggestion, "Did you mean \"host\"?");
  EXPECT_EQ(issues_.all()[1].at, "/c");
  EXPECT_EQ(issues_.all()[1].suggestion, "");
  EXPECT_TRUE(issues_.HasErrors());
}

TEST(Environment, KeepsItsBytesAndTakesLists) {
  const std::string text = "[{\"a\": 1.0},\n {\"a\": 2, \"b\": 3}]";
  const auto environment = Environment::Parse(text).value();
  EXPECT_EQ(environment->bytes(), text);
  EXPECT_EQ(environment->Find("a")->AsInteger(), 2);
  EXPECT_EQ(environment->Find("missing"), std::nullopt);
  EXPECT_THAT(environment->names(), ElementsAre("a", "b"));
  EXPECT_EQ(Environment::Empty()->bytes(), "{}");
  EXPECT_TRUE(Environment::Parse("\xEF\xBB\xBF{}").ok());
}

TEST(Environment, RefusesWhatIsNoObject) {
  EXPECT_EQ(Environment::Parse("3").error().message,
            "expected an object of environment variables, found the integer 3");
  EXPECT_EQ(Environment::Parse("[{}, 3]").error().at, "/1");
  EXPECT_EQ(Environment::Parse("{", "test-env.json").error().at, "test-env.json:1:2");
}

class SecretsTest : public Substitution {
 protected:
  crypto::SealedBox box_ = crypto::SealedBox::FromKey(std::string(32, 'k')).value();
  Secrets secrets_{box_};

  Result<Value> Resolved(std::string_view json, std::string_view system) {
    return SubstituteSecrets(Parse(json), secrets_.For(system, arena_), arena_);
  }
};

TEST_F(SecretsTest, ASystemsOwnWinOverGlobalOnes) {
  ASSERT_TRUE(secrets_.Put("", R"~({"password": "global", "shared": 7})~").ok());
  ASSERT_TRUE(secrets_.Put("crm", R"~([{"password": "own"}])~").ok());
  EXPECT_EQ(
      ToJson(Resolved(R"~(["$SECRET(password)", "$SECRET(shared)", "u:$SECRET(password)"])~", "crm")
                 .value()),
      R"~(["own",7,"u:own"])~");
  EXPECT_EQ(ToJson(Resolved(R"~("$SECRET(password)")~", "erp").value()), R"~("global")~");
  EXPECT_THAT(secrets_.Names("crm"), ElementsAre("password"));
  EXPECT_THAT(secrets_.Names(""), ElementsAre("password", "shared"));
}

TEST_F(SecretsTest, AMissingOneIsAnErrorAtItsPlace) {
  const auto missing = Resolved(R"~({"headers": {"x": "$SECRET(token)"}
})~",
                                "crm");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, Code::kBadConfig);
  EXPECT_EQ(missing.error().at, "/headers/x");
  EXPECT_EQ(missing.error().message, "there is no secret \"token\"");
}

TEST_F(SecretsTest, NeverComeOutInStoredFormOrErrors) {
  ASSERT_TRUE(secrets_.Put("crm", R"~({"password": "s3cret-value"})~").ok());
  EXPECT_THAT(secrets_.Save(), Not(HasSubstr("s3cret-value")));
  const auto broken = secrets_.Put("crm", R"({"password": "s3cret-value" "x"})");
  ASSERT_FALSE(broken.ok());
  EXPECT_EQ(broken.error().ToText().find("s3cret"), std::string::npos);
  EXPECT_EQ(secrets_.Put("crm", R"~("s3cret-value")~").error().message,
            "expected an object of secrets or a list of them, found neither");
  // Environment substitution, which makes effective configurations, knows no secrets.
  EXPECT_EQ(Substituted(R"~("$SECRET(password)")~"), R"~("$SECRET(password)")~");
}

TEST_F(SecretsTest, SurviveSavingAndOpenWithTheirKeyOnly) {
  ASSERT_TRUE(secrets_.Put("crm", R"~({"a": "1", "b": {"c": [true]}})~").ok());
  ASSERT_TRUE(secrets_.Put("", R"~({"g": 2})~").ok());
  Secrets loaded(box_);
  ASSERT_TRUE(loaded.Load(secrets_.Save()).ok());
  EXPECT_EQ(ToJson(**loaded.Find("crm", "b", arena_)), R"~({"c":[true]})~");
  EXPECT_THAT(loaded.Names(""), ElementsAre("g"));

  const crypto::SealedBox other = crypto::SealedBox::FromKey(std::string(32, 'o')).value();
  Secrets locked(other);
  ASSERT_TRUE(locked.Load(secrets_.Save()).ok());
  EXPECT_EQ(locked.Find("crm", "a", arena_).error().code, Code::kCorrupt);
  EXPECT_EQ(
      SubstituteSecrets(Parse(R"~("$SECRET(a)")~"), locked.For("crm", arena_), arena_).error().code,
      Code::kCorrupt);
  const std::string saved = secrets_.Save();
  for (size_t size = 2; size < saved.size(); ++size) {
    const auto cut = loaded.Load(std::string_view(saved).substr(0, size));
    EXPECT_TRUE(cut.ok() || cut.error().code == Code::kCorrupt);
  }
  EXPECT_EQ(loaded.Load("\x02").error().code, Code::kCorrupt);
  EXPECT_TRUE(loaded.Load("").ok());
}

TEST_F(SecretsTest, AreReplacedAndDeleted) {
  ASSERT_TRUE(secrets_.Put("crm", R"~({"a": 1, "b": 2})~").ok());
  ASSERT_TRUE(secrets_.Replace("crm", R"~({"c": 3})~").ok());
  EXPECT_THAT(secrets_.Names("crm"), ElementsAre("c"));
  EXPECT_EQ(secrets_.Delete("crm", "a").error().code, Code::kNotFound);
  EXPECT_TRUE(secrets_.Delete("crm", "c").ok());
  ASSERT_TRUE(secrets_.Put("crm", R"~({"a": 1})~").ok());
  secrets_.DeleteSystem("crm");
  EXPECT_TRUE(secrets_.Names("crm").empty());
}

TEST_F(SecretsTest, AreNamedWithTheirPlaces) {
  const auto uses =
      SecretsUsed(Parse(R"~({"a": "$SECRET(x)", "b": ["$SECRET(x)", "1$SECRET(y)2"]})~"));
  ASSERT_EQ(uses.size(), 2u);
  EXPECT_EQ(uses[0].name + uses[0].at, "x/a");
  EXPECT_EQ(uses[1].name + uses[1].at, "y/b/1");
}

}  // namespace
}  // namespace sluice::config
