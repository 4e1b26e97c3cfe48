// The CSV source against a server, and the csv_endpoint publisher.

#include "connectors/csv/csv_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/connectors.h"
#include "net/gzip.h"
#include "tests/support/fake_pipe.h"
#include "tests/support/http_server.h"

namespace sluice::connectors {
namespace {

using test::ConfigText;
using test::FakeOutlet;
using test::FakeSystems;
using test::HttpServer;
using test::Publish;
using test::Published;
using test::ServedConnection;
using test::ServedRequest;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class CsvSourceTest : public testing::Test {
 protected:
  CsvSourceTest() {
    AddAll(registry_);
    const ConfigText config(fmt::format(R"({{"url_pattern": "{}%s"}})", server_.Url()));
    systems_.systems["web"] = *registry_.FindSystem("system:url")->make(config.view(), {});
    context_.systems = &systems_;
  }

  Result<std::unique_ptr<pipe::Source>> Make(std::string_view options) {
    config_ = std::make_unique<ConfigText>(
        fmt::format(R"({{"system": "web", "url": "f.csv", {}}})", options));
    return registry_.FindSource("csv")->make(config_->view(), context_);
  }

  // The entities of a file; a last item is the error, if there is one.
  std::vector<std::string> Read(std::string file,
                                std::string_view options = R"("primary_key": "id")",
                                const pipe::OpenRequest& request = {}) {
    file_ = std::move(file);
    auto source = Make(options);
    if (!source.ok()) return {source.error().ToText()};
    auto reader = (*source)->Open(request);
    std::vector<std::string> texts;
    while (true) {
      auto batch = (*reader)->Next(3, Stop());
      if (!batch.ok()) texts.push_back(batch.error().ToText());
      if (!batch.ok() || batch->entities.empty()) break;
      EXPECT_LE(batch->entities.size(), 3U);
      for (const Entity& entity : batch->entities) texts.push_back(test::EntityText(entity));
    }
    complete_ = (*reader)->complete();
    since_ = ToJson((*reader)->since());
    return texts;
  }

  std::string file_;
  HttpServer server_{[this](const ServedRequest& request, ServedConnection& connection) {
    if (request.target.starts_with("/missing")) return connection.Answer(404, "no");
    connection.Answer(200, file_);
  }};
  pipe::Registry registry_;
  FakeSystems systems_;
  pipe::MakeContext context_;
  std::unique_ptr<ConfigText> config_;
  bool complete_ = false;
  std::string since_;
};

TEST_F(CsvSourceTest, MakesEntitiesOfRows) {
  EXPECT_THAT(Read("id,name,note\r\n1,\"A, B\",\r\n2,å,x\r\n"),
              ElementsAre(R"({"_id":"1","id":"1","name":"A, B"})",
                          R"({"_id":"2","id":"2","name":"å","note":"x"})"));
  EXPECT_TRUE(complete_);
  EXPECT_EQ(since_, "null");
  EXPECT_EQ(server_.requests().at(0).target, "/f.csv");
}

TEST_F(CsvSourceTest, FollowsItsOptions) {
  EXPECT_THAT(Read("id;n\n1;2\n"), ElementsAre(R"({"_id":"1","id":"1","n":"2"})"));
  EXPECT_THAT(Read("id;n,m\n1;2,3\n", R"("primary_key": "id;n", "auto_dialect": false)"),
              ElementsAre(R"({"_id":"1;2","id;n":"1;2","m":"3"})"));
  EXPECT_THAT(Read("id\tn\n1\t2\n", R"("primary_key": "id", "dialect": "excel_tab")"),
              ElementsAre(R"({"_id":"1","id":"1","n":"2"})"));
  EXPECT_THAT(Read("a,b,c\n1,2,3\n",
                   R"("primary_key": ["b", "a"], "whitelist": ["c", "a"], "blacklist": ["a"])"),
              ElementsAre(R"({"_id":"2:1","c":"3"})"));
  EXPECT_THAT(
      Read(
          "1,\n",
          R"("primary_key": "x", "has_header": false, "field_names": ["x", "y"], "preserve_empty_strings": true)"),
      ElementsAre(R"({"_id":"1","x":"1","y":""})"));
  EXPECT_THAT(Read("ignored,header\n1,2\n", R"("primary_key": "x", "field_names": ["x", "y"])"),
              ElementsAre(R"({"_id":"1","x":"1","y":"2"})"));
  EXPECT_THAT(Read("id,n\n1,bl\xE5\n", R"("primary_key": "id", "encoding": "iso-8859-1")"),
              ElementsAre(R"({"_id":"1","id":"1","n":"blå"})"));
  EXPECT_THAT(
      Read(std::string("id,n\n1,a\0b\n", 11), R"("primary_key": "id", "escape_null_bytes": true)"),
      ElementsAre(R"({"_id":"1","id":"1","n":"a\\x00b"})"));
  EXPECT_THAT(Read("id,n\n1,a|b\n", R"("primary_key": "id,n", "delimiter": "|")"),
              ElementsAre(StartsWith("bad-data")));
}

TEST_F(CsvSourceTest, NamesWhatIsWrongWithAFile) {
  EXPECT_THAT(Read("id,n\n1,2\n,3\n"), ElementsAre(HasSubstr("line 3: the column \"id\"")));
  EXPECT_FALSE(complete_);
  EXPECT_THAT(Read("key,n\n1,2\n"), ElementsAre(HasSubstr("found \"key\", \"n\"")));
  EXPECT_THAT(Read("id,n\n1,2,3\n"),
              ElementsAre(HasSubstr("line 2: expected 2 named fields, found \"3\" in field 3")));
  EXPECT_THAT(Read("id,n\n1,2,\n"), ElementsAre(StartsWith("{")));
  EXPECT_THAT(Read("id,n,n\n1,2,3\n"), ElementsAre(HasSubstr("two columns are called \"n\"")));
  EXPECT_THAT(Read("id,n\n1,\"2\n"), ElementsAre(HasSubstr("line 2: a quote is opened")));
  EXPECT_THAT(Read("id,n\n1,bl\xE5 \n"), ElementsAre(HasSubstr("byte 9: expected utf-8 text")));
  EXPECT_THAT(Read(std::string("id\n\0\n", 5)), ElementsAre(HasSubstr("escape_null_bytes")));
  EXPECT_THAT(Read("x", R"("primary_key": "id", "url": "missing")"),
              ElementsAre(StartsWith("not-found")));
}

TEST_F(CsvSourceTest, ChecksItsOptions) {
  const auto problem = [&](std::string_view options) { return Read("id\n", options)[0]; };
  EXPECT_THAT(problem(R"("has_header": true)"), StartsWith("bad-config at /primary_key"));
  EXPECT_THAT(problem(R"("primary_key": [])"), StartsWith("bad-config at /primary_key"));
  EXPECT_THAT(problem(R"("primary_key": "id", "has_header": false)"),
              StartsWith("bad-config at /field_names"));
  EXPECT_THAT(problem(R"("primary_key": "id", "dialect": "lotus")"),
              StartsWith("bad-config at /dialect"));
  EXPECT_THAT(problem(R"("primary_key": "id", "encoding": "x")"),
              StartsWith("bad-config at /encoding"));
  EXPECT_THAT(problem(R"("primary_key": "id", "decode_error_strategy": "x")"),
              StartsWith("bad-config at /decode_error_strategy"));
  EXPECT_THAT(problem(R"("primary_key": "id", "system": "other")"),
              StartsWith("bad-config at /system"));
}

TEST_F(CsvSourceTest, ReadsEmptyFilesAndLimits) {
  EXPECT_THAT(Read(""), ElementsAre());
  EXPECT_TRUE(complete_);
  EXPECT_THAT(Read("id,n\n"), ElementsAre());
  EXPECT_TRUE(complete_);
  pipe::OpenRequest preview;
  preview.limit = 2;
  EXPECT_EQ(Read("id\n1\n2\n3\n4\n", R"("primary_key": "id")", preview).size(), 2U);
  EXPECT_FALSE(complete_);
}

TEST_F(CsvSourceTest, FollowsSince) {
  pipe::OpenRequest request;
  Read("id,_updated\n1,b\n2,a\n", R"("primary_key": "id", "supports_since": true)", request);
  EXPECT_EQ(since_, "\"b\"");
  EXPECT_TRUE(complete_);
  request.since = Value::String("a b");
  Read("id,_updated\n", R"("primary_key": "id", "supports_since": true)", request);
  EXPECT_EQ(server_.requests().back().target, "/f.csv?since=a%20b");
  EXPECT_FALSE(complete_);
  EXPECT_EQ(since_, "null");
}

TEST_F(CsvSourceTest, StreamsALargeFile) {
  std::string file = "id,text\n";
  for (int i = 0; i < 50'000; ++i) file += fmt::format("{},\"row\n{}\"\n", i, i);
  file_ = net::Gzip(file);
  HttpServer packed([&](const ServedRequest&, ServedConnection& connection) {
    connection.Answer(200, file_, "Content-Encoding: gzip\r\n");
  });
  const ConfigText config(fmt::format(R"({{"url_pattern": "{}%s"}})", packed.Url()));
  systems_.systems["web"] = *registry_.FindSystem("system:url")->make(config.view(), {});
  auto source = Make(R"("primary_key": "id")");
  auto reader = (*source)->Open({});
  size_t count = 0;
  while (true) {
    auto batch = (*reader)->Next(1000, Stop());
    ASSERT_TRUE(batch.ok()) << batch.error().ToText();
    if (batch->entities.empty()) break;
    for (const Entity& entity : batch->entities) {
      EXPECT_EQ(entity.dict.Find("text").text(), fmt::format("row\n{}", count++));
    }
  }
  EXPECT_EQ(count, 50'000U);
}

class CsvEndpointTest : public testing::Test {
 protected:
  CsvEndpointTest() { AddAll(registry_); }

  Published Ask(std::string_view options, pipe::EndpointRequest request = {.kind = "csv"}) {
    const ConfigText config(fmt::format(R"({{{}}})", options));
    const pipe::MakeContext context;
    auto publisher =
        registry_.FindSink("csv_endpoint")->make_publisher(config.view(), context, outlet_);
    if (!publisher.ok()) return {.error = publisher.error().ToText()};
    return Publish(**publisher, request);
  }

  pipe::Registry registry_;
  FakeOutlet outlet_;
};

TEST_F(CsvEndpointTest, WritesColumns) {
  outlet_.texts = {
      R"({"_id":"a","n":1,"f":1.5,"b":true,"l":["x",1],"d":"~:x:y","t":"~t2020-01-02"})",
      R"({"_id":"b","n":null,"u":"~rhttp://x/?a=\"b\""})", R"({"_id":"c","_deleted":true})"};
  const Published published = Ask(R"("columns": ["_id", "n", "f", "b", "l", "d", "t", "u"])");
  EXPECT_EQ(published.error, "");
  EXPECT_EQ(published.body,
            "_id,n,f,b,l,d,t,u\r\n"
            "a,1,1.5,true,\"[\"\"x\"\",1]\",x:y,2020-01-02,\r\n"
            "b,,,,,,,\"http://x/?a=\"\"b\"\"\"\r\n");
  EXPECT_EQ(published.head->content_type, "text/csv; charset=utf-8");
  EXPECT_EQ(published.Header("X-Dataset-Populated"), "true");
}

TEST_F(CsvEndpointTest, FollowsItsOptions) {
  outlet_.texts = {R"({"_id":"a","n":1,"s":"å;\"ę"})", R"({"_id":"c","_deleted":true})"};
  EXPECT_EQ(
      Ask(R"("columns": ["_id", "n", "s"], "quoting": "non-numeric", "delimiter": ";", "include_header": false,
                   "lineterminator": "\n", "encoding": "latin-1", "skip-deleted-entities": false, "filename": "x.csv")")
          .body,
      "\"a\";1;\"\xE5;\"\"\\u0119\"\n\"c\";\"\";\"\"\n");
  EXPECT_EQ(Ask(R"("columns": ["_id"], "byte_order_mark": true)").body, "\xEF\xBB\xBF_id\r\na\r\n");
  EXPECT_EQ(Ask(R"("columns": ["s"], "doublequote": false, "include_header": false)").body,
            "å;\\\"ę\r\n");
  EXPECT_EQ(Ask(R"("columns": ["_id"], "filename": "x.csv")").Header("Content-Disposition"),
            "attachment; filename=\"x.csv\"");
  EXPECT_EQ(Ask(R"("columns": ["_id"])", {.kind = "csv", .filename = "y.csv"})
                .Header("Content-Disposition"),
            "attachment; filename=\"y.csv\"");
}

TEST_F(CsvEndpointTest, ChecksItsOptions) {
  EXPECT_THAT(Ask("").error, StartsWith("bad-config at /columns"));
  EXPECT_THAT(Ask(R"("columns": ["a"], "quoting": "some")").error,
              StartsWith("bad-config at /quoting"));
  EXPECT_THAT(Ask(R"("columns": ["a"], "delimiter": ",,")").error,
              StartsWith("bad-config at /delimiter"));
  EXPECT_THAT(Ask(R"("columns": ["a"], "quotechar": "")").error,
              StartsWith("bad-config at /quotechar"));
  EXPECT_THAT(Ask(R"("columns": ["a"], "encoding": "x")").error,
              StartsWith("bad-config at /encoding"));
  EXPECT_THAT(Ask(R"("columns": ["a"], "content_disposition": "x")").error,
              StartsWith("bad-config at /content_disposition"));
}

}  // namespace
}  // namespace sluice::connectors
