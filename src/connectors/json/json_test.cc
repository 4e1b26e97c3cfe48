// The JSON source and sink against a server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/connectors.h"
#include "connectors/http_endpoint/receiver.h"
#include "tests/support/fake_pipe.h"
#include "tests/support/http_server.h"

namespace sluice::connectors {
namespace {

using test::ConfigText;
using test::FakeInlet;
using test::FakeSystems;
using test::HttpServer;
using test::ServedConnection;
using test::ServedRequest;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class JsonTest : public testing::Test {
 protected:
  JsonTest() {
    AddAll(registry_);
    const ConfigText config(fmt::format(R"({{"url_pattern": "{}%s"}})", server_.Url()));
    systems_.systems["web"] = *registry_.FindSystem("system:url")->make(config.view(), {});
    context_.systems = &systems_;
    context_.random = &random_;
  }

  std::vector<std::string> Read(std::string_view options, const pipe::OpenRequest& request = {}) {
    const ConfigText config(fmt::format(R"({{"system": "web", "url": "e"{}}})", options));
    auto source = registry_.FindSource("json")->make(config.view(), context_);
    if (!source.ok()) return {source.error().ToText()};
    auto reader = (*source)->Open(request);
    std::vector<std::string> texts;
    while (true) {
      auto batch = (*reader)->Next(2, Stop());
      if (!batch.ok()) texts.push_back(batch.error().ToText());
      if (!batch.ok() || batch->entities.empty()) break;
      EXPECT_LE(batch->entities.size(), 2U);
      for (const Entity& entity : batch->entities) texts.emplace_back(entity.id());
      since_on_the_way_ = ToJson((*reader)->since());
    }
    complete_ = (*reader)->complete();
    since_ = ToJson((*reader)->since());
    return texts;
  }

  std::vector<std::string> Targets() const {
    std::vector<std::string> targets;
    for (const ServedRequest& request : server_.requests()) targets.push_back(request.target);
    return targets;
  }

  HttpServer::Handler answer_ = [](const ServedRequest&, ServedConnection& connection) {
    connection.Answer(
        200, R"([{"_id":"a","_updated":5},{"_id":"b","_updated":3},{"_id":"c","_updated":4}])");
  };
  HttpServer server_{[this](const ServedRequest& request, ServedConnection& connection) {
    answer_(request, connection);
  }};
  pipe::Registry registry_;
  FakeSystems systems_;
  SeededRandom random_{7};
  pipe::MakeContext context_;
  bool complete_ = false;
  std::string since_;
  std::string since_on_the_way_;
};

TEST_F(JsonTest, SourceReadsEntities) {
  EXPECT_THAT(Read(R"(, "headers": {"X-A": "b"}, "subset": ["eq", "_S.c", "t"])"),
              ElementsAre("a", "b", "c"));
  EXPECT_TRUE(complete_);
  EXPECT_EQ(since_, "null");
  EXPECT_EQ(server_.requests().at(0).target, "/e?subset=%5B%22eq%22%2C%22_S.c%22%2C%22t%22%5D");
  EXPECT_EQ(server_.requests().at(0).headers.at("x-a"), "b");
}

TEST_F(JsonTest, SourceFollowsSinceByItsStrategy) {
  EXPECT_THAT(Read(R"(, "supports_since": true)").size(), 3U);
  EXPECT_EQ(since_on_the_way_, "null");
  EXPECT_EQ(since_, "5");
  EXPECT_TRUE(complete_);
  EXPECT_THAT(Read(R"(, "supports_since": true, "is_chronological": true)").size(), 3U);
  EXPECT_EQ(since_on_the_way_, "4");
  EXPECT_EQ(since_, "4");
  pipe::OpenRequest request;
  request.since = Value::Integer(17);
  Read(R"(, "supports_since": true)", request);
  EXPECT_FALSE(complete_);
  Read("", request);
  EXPECT_TRUE(complete_);
  Read(R"(, "supports_since": true, "initial_since_value": "x y")");
  EXPECT_FALSE(complete_);
  EXPECT_THAT(Targets(), ElementsAre("/e", "/e", "/e?since=17", "/e", "/e?since=x%20y"));
}

TEST_F(JsonTest, SourceReadsPages) {
  answer_ = [](const ServedRequest& request, ServedConnection& connection) {
    if (request.target == "/e?limit=2")
      return connection.Answer(200, R"([{"_id":"a","_updated":0},{"_id":"b","_updated":1}])");
    if (request.target == "/e?since=1&limit=2")
      return connection.Answer(200, R"([{"_id":"c","_updated":7}])");
    connection.Answer(200, "[]");
  };
  const std::string_view flags =
      R"(, "page_size": 2, "supports_since": true, "is_chronological": true)";
  EXPECT_THAT(Read(flags), ElementsAre("a", "b", "c"));
  EXPECT_EQ(since_, "7");
  EXPECT_TRUE(complete_);
  EXPECT_THAT(Targets(), ElementsAre("/e?limit=2", "/e?since=1&limit=2", "/e?since=7&limit=2"));
  answer_ = [](const ServedRequest&, ServedConnection& connection) {
    connection.Answer(200, R"([{"_id":"a","_updated":3}])");
  };
  EXPECT_THAT(Read(flags), ElementsAre("a", "a", HasSubstr("since=\"3\"")));
  EXPECT_THAT(Read(R"(, "page_size": 2)"), ElementsAre(StartsWith("bad-config at /page_size")));
}

TEST_F(JsonTest, SourceIsNotCompleteWhereTheServerIsNot) {
  answer_ = [](const ServedRequest&, ServedConnection& connection) {
    connection.Answer(200, R"([{"_id":"a"}])", "X-Dataset-Populated: false\r\n");
  };
  EXPECT_THAT(Read(""), ElementsAre("a"));
  EXPECT_FALSE(complete_);
  pipe::OpenRequest preview;
  preview.limit = 1;
  answer_ = [](const ServedRequest&, ServedConnection& connection) {
    connection.Answer(200, R"([{"_id":"a"},{"_id":"b"}])");
  };
  EXPECT_THAT(Read("", preview), ElementsAre("a"));
  EXPECT_FALSE(complete_);
}

TEST_F(JsonTest, SourceNamesBadAnswers) {
  const std::map<std::string, std::string> answers = {{R"([{"_id":"a"})", "bad-data"},
                                                      {"", "bad-data"},
                                                      {"<html>", "bad-data"},
                                                      {R"({"error":"x"})", "bad-data"},
                                                      {R"([{"x":1}])", "bad-data"}};
  for (const auto& [answer, code] : answers) {
    answer_ = [&](const ServedRequest&, ServedConnection& connection) {
      connection.Answer(200, answer);
    };
    EXPECT_THAT(Read("").back(), AllOf(StartsWith(code), HasSubstr(server_.Url("/e")))) << answer;
    EXPECT_FALSE(complete_);
  }
  answer_ = [&](const ServedRequest&, ServedConnection& connection) {
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{\"_id\":\"a\"},");
    connection.Close();
  };
  EXPECT_THAT(Read("").back(), StartsWith("unavailable"));
  answer_ = [&](const ServedRequest&, ServedConnection& connection) {
    connection.Answer(503, "busy");
  };
  EXPECT_THAT(Read("").back(), AllOf(StartsWith("unavailable"), HasSubstr("503")));
}

class JsonSinkTest : public JsonTest {
 protected:
  std::unique_ptr<pipe::SinkWriter> Open(std::string_view options, pipe::RunKind kind) {
    const ConfigText config(fmt::format(R"({{"system": "web", "url": "r"{}}})", options));
    auto sink = registry_.FindSink("json")->make(config.view(), context_);
    EXPECT_TRUE(sink.ok()) << sink.error().ToText();
    sink_ = std::move(*sink);
    return *sink_->Open(kind, Stop());
  }
  Result<pipe::WriteCounts> Write(pipe::SinkWriter& writer, std::vector<std::string> texts) {
    test::FakeReader reader(std::move(texts), {});
    auto batch = reader.Next(1000, Stop());
    return writer.Write(*batch, {}, Stop());
  }

  std::unique_ptr<pipe::Sink> sink_;
};

TEST_F(JsonSinkTest, PushesAFullSequence) {
  FakeInlet inlet;
  PushReceiver receiver({}, inlet);
  inlet.entities["old"] = "";
  // The other side is our own receiver.
  answer_ = [&](const ServedRequest& request, ServedConnection& connection) {
    pipe::EndpointRequest endpoint{.kind = "entities",
                                   .content_type = request.headers.at("content-type")};
    std::string query = request.target.substr(request.target.find('?') + 1) + "&";
    for (size_t end = 0; (end = query.find('&')) != std::string::npos; query.erase(0, end + 1)) {
      const size_t equals = query.find('=');
      endpoint.parameters.emplace(query.substr(0, equals),
                                  query.substr(equals + 1, end - equals - 1));
    }
    auto result = receiver.Receive(endpoint, test::InPieces(request.body, 1000), Stop());
    connection.Answer(result.ok() ? 200 : 409, result.ok() ? *result : result.error().ToText());
  };
  auto writer = Open(R"(, "batch_size": 2)", pipe::RunKind::kFull);
  auto counts = Write(*writer, {R"({"_id":"a"})", R"({"_id":"b","_filtered":true})",
                                R"({"_id":"c"})", R"({"_id":"d","_deleted":true})"});
  ASSERT_TRUE(counts.ok()) << counts.error().ToText();
  EXPECT_EQ(counts->written, 3U);
  EXPECT_EQ(counts->deleted, 1U);
  EXPECT_EQ(inlet.entities.count("old"), 1U);
  auto finished = writer->Finish(true, {}, Stop());
  EXPECT_TRUE(finished.ok()) << finished.error().ToText();
  EXPECT_EQ(inlet.entities.count("old"), 0U);
  EXPECT_EQ(inlet.entities.size(), 2U);
  const std::string start = "/r?sequence_id=";
  const auto targets = Targets();
  ASSERT_EQ(targets.size(), 3U);
  EXPECT_THAT(targets[0],
              AllOf(StartsWith(start), HasSubstr("&is_full=true&request_id=1&is_first=true")));
  EXPECT_THAT(targets[1], HasSubstr("&is_full=true&request_id=2&previous_request_id=1"));
  EXPECT_THAT(targets[2], HasSubstr("&request_id=3&previous_request_id=2&is_last=true"));
  EXPECT_EQ(targets[0].substr(start.size(), 36), targets[2].substr(start.size(), 36));
}

TEST_F(JsonSinkTest, EndsAFullSequenceOnlyAfterAllWasRead) {
  auto writer = Open("", pipe::RunKind::kFull);
  ASSERT_TRUE(Write(*writer, {R"({"_id":"a"})"}).ok());
  ASSERT_TRUE(writer->Finish(false, {}, Stop()).ok());
  EXPECT_THAT(Targets(), ElementsAre(testing::Not(HasSubstr("is_last"))));
  auto empty = Open("", pipe::RunKind::kFull);
  ASSERT_TRUE(empty->Finish(true, {}, Stop()).ok());
  EXPECT_THAT(Targets()[1], HasSubstr("is_first=true&is_last=true"));
  EXPECT_EQ(server_.requests()[1].body, "[]");
}

TEST_F(JsonSinkTest, PushesIncrementally) {
  auto writer = Open(R"(, "headers": {"Content-Type": "application/json; charset=UTF-8"})",
                     pipe::RunKind::kIncremental);
  ASSERT_TRUE(Write(*writer, {R"({"_id":"a","x":1})"}).ok());
  ASSERT_TRUE(writer->Finish(true, {}, Stop()).ok());
  ASSERT_EQ(Targets().size(), 1U);
  EXPECT_THAT(Targets()[0],
              AllOf(HasSubstr("is_full=false&request_id=1"), testing::Not(HasSubstr("is_first"))));
  EXPECT_EQ(server_.requests()[0].body, R"([{"_id":"a","x":1}])");
  EXPECT_EQ(server_.requests()[0].headers.at("content-type"), "application/json; charset=UTF-8");
}

TEST_F(JsonSinkTest, SendsARefusedRequestAgainUnderItsOldNumber) {
  int status = 503;
  answer_ = [&](const ServedRequest&, ServedConnection& connection) {
    connection.Answer(status, "");
  };
  auto writer = Open("", pipe::RunKind::kFull);
  EXPECT_EQ(Write(*writer, {R"({"_id":"a"})"}).error().code, Code::kUnavailable);
  status = 200;
  EXPECT_TRUE(Write(*writer, {R"({"_id":"a"})"}).ok());
  EXPECT_EQ(Targets()[0], Targets()[1]);
  status = 409;
  EXPECT_EQ(Write(*writer, {R"({"_id":"a"})"}).error().code, Code::kConflict);
}

}  // namespace
}  // namespace sluice::connectors
