#include "connectors/http_endpoint/receiver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "tests/support/fake_pipe.h"

namespace sluice::connectors {
namespace {

using test::FakeInlet;
using test::InPieces;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;

pipe::EndpointRequest Request(std::multimap<std::string, std::string> parameters = {}) {
  return {.pipe_id = "p",
          .kind = "entities",
          .parameters = std::move(parameters),
          .content_type = "application/json"};
}

class ReceiverTest : public testing::Test {
 protected:
  // "{}" or the error's text.
  std::string Push(std::string_view body, std::multimap<std::string, std::string> parameters = {},
                   size_t step = 7) {
    auto result = receiver_->Receive(Request(std::move(parameters)), InPieces(body, step), Stop());
    EXPECT_TRUE(inlet_.durable);
    return result.ok() ? *result : result.error().ToText();
  }
  std::string PushFull(std::string_view body, const std::string& sequence,
                       const std::string& request, const std::string& previous, bool first,
                       bool last) {
    std::multimap<std::string, std::string> parameters = {
        {"is_full", "true"}, {"sequence_id", sequence}, {"request_id", request}};
    if (!previous.empty()) parameters.emplace("previous_request_id", previous);
    if (first) parameters.emplace("is_first", "true");
    if (last) parameters.emplace("is_last", "true");
    return Push(body, std::move(parameters));
  }
  // As after a restart of the hub.
  void Restart() { receiver_ = std::make_unique<PushReceiver>(PushReceiver::Options{}, inlet_); }
  std::vector<std::string> Ids() const {
    std::vector<std::string> ids;
    for (const auto& [id, text] : inlet_.entities) ids.push_back(id);
    return ids;
  }

  FakeInlet inlet_;
  std::unique_ptr<PushReceiver> receiver_ =
      std::make_unique<PushReceiver>(PushReceiver::Options{.entity_bytes_max = 1000}, inlet_);
};

TEST_F(ReceiverTest, TakesListsSingleEntitiesAndLines) {
  EXPECT_EQ(Push(R"([{"_id": "a", "x": 1.0, "y": 1.5}, {"_id": "b", "n": "~:x:y"}])"), "{}");
  EXPECT_EQ(Push(R"({"_id": "c"})"), "{}");
  EXPECT_EQ(Push("{\"_id\": \"d\"}\n{\"_id\": \"e\"}\n"), "{}");
  EXPECT_EQ(Push(R"([{"_id": "e", "_deleted": true}])"), "{}");
  EXPECT_EQ(Push("[]"), "{}");
  EXPECT_THAT(inlet_.entities,
              ElementsAre(Pair("a", R"({"_id":"a","x":1,"y":"~f1.5"})"),
                          Pair("b", R"({"_id":"b","n":"~:x:y"})"), Pair("c", R"({"_id":"c"})"),
                          Pair("d", R"({"_id":"d"})")));
}

TEST_F(ReceiverTest, ReadsFloatsAsConfigured) {
  PushReceiver floats({.floats = FloatMode::kFloat}, inlet_);
  ASSERT_TRUE(
      floats.Receive(Request(), InPieces(R"([{"_id":"a","x":1.0,"y":1.5}])", 5), Stop()).ok());
  EXPECT_EQ(inlet_.entities["a"], R"({"_id":"a","x":1.0,"y":1.5})");
}

TEST_F(ReceiverTest, StoresWhatComesBeforeABrokenTailAndSaysHowMuch) {
  const std::string_view good = R"([{"_id": "a"}, {"_id": "b"})";
  EXPECT_THAT(Push(std::string(good) + R"(, {"_id": "c")"),
              AllOf(StartsWith("bad-data"), HasSubstr("2 entities were stored")));
  EXPECT_THAT(Ids(), ElementsAre("a", "b"));
  EXPECT_THAT(Push(good), AllOf(StartsWith("bad-data"), HasSubstr("2 entities were stored")));
  EXPECT_THAT(Push(std::string(good) + ", nonsense]"),
              AllOf(StartsWith("bad-data"), HasSubstr("2 entities were stored")));
  EXPECT_EQ(Push(std::string(good) + "]"), "{}");
}

TEST_F(ReceiverTest, NamesTheItemThatIsNoEntity) {
  for (const auto& [item, why] : std::map<std::string, std::string>{
           {"7", "expected an entity"},
           {"{}", "expected an \"_id\""},
           {R"({"_id": 7})", "expected \"_id\" to be a string"},
           {R"({"_id": ""})", "empty"},
           {R"({"_id": null})", "expected \"_id\" to be a string"}}) {
    EXPECT_THAT(Push(R"([{"_id": "a"}, )" + item + "]"),
                AllOf(StartsWith("bad-data: item 1: "), HasSubstr(why),
                      HasSubstr("1 entities were stored")));
  }
  EXPECT_THAT(Push(""), AllOf(StartsWith("bad-data"), HasSubstr("empty body")));
  EXPECT_THAT(Push("   "), StartsWith("bad-data"));
}

TEST_F(ReceiverTest, NamesTheEntityThatIsTooLarge) {
  const std::string body =
      R"([{"_id": "a"}, {"_id": "b", "x": ")" + std::string(2000, 'x') + R"("}, {"_id": "c"}])";
  EXPECT_THAT(Push(body),
              AllOf(StartsWith("too-large"), HasSubstr("1"), HasSubstr("1 entities were stored")));
  EXPECT_THAT(Ids(), ElementsAre("a"));
}

TEST_F(ReceiverTest, RefusesDepthBombs) {
  EXPECT_THAT(Push(R"([{"_id": "a", "x": )" + std::string(100'000, '['), {}, 5000),
              testing::AnyOf(StartsWith("bad-data"), StartsWith("too-large")));
}

TEST_F(ReceiverTest, KeepsWhatCameWholeWhenTheConnectionBreaks) {
  bool first = true;
  auto result = receiver_->Receive(
      Request(),
      [&]() -> Result<std::string_view> {
        if (!std::exchange(first, false)) return MakeError(Code::kIo, "the client is gone");
        return std::string_view(R"([{"_id": "a"}, {"_id")");
      },
      Stop());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::kIo);
  EXPECT_THAT(Ids(), ElementsAre("a"));
}

TEST_F(ReceiverTest, WritesInBoundedBatches) {
  std::string body = "[";
  for (int i = 0; i < 25'000; ++i) body += fmt::format(R"({}{{"_id":"{}"}})", i == 0 ? "" : ",", i);
  body += "]";
  EXPECT_EQ(Push(body, {}, 64 * 1024), "{}");
  EXPECT_THAT(inlet_.batch_sizes, ::testing::Each(::testing::Le(2'000)));
  EXPECT_EQ(inlet_.entities.size(), 25'000U);
}

TEST_F(ReceiverTest, RefusesOtherTypesKindsAndFlags) {
  auto form = Request();
  form.content_type = "application/x-www-form-urlencoded";
  EXPECT_EQ(receiver_->Receive(form, InPieces("[]", 9), Stop()).error().code, Code::kBadRequest);
  auto sdshare = Request();
  sdshare.kind = "sdshare-push-receiver";
  EXPECT_EQ(receiver_->Receive(sdshare, InPieces("", 9), Stop()).error().code, Code::kNotBuilt);
  EXPECT_THAT(Push("[]", {{"is_full", "maybe"}}), StartsWith("bad-request"));
}

TEST_F(ReceiverTest, GivesTheErrorOfThePipe) {
  inlet_.fail_write = MakeError(Code::kUnavailable, "the disk is full");
  EXPECT_EQ(Push(R"([{"_id": "a"}])"), "unavailable: the disk is full");
}

TEST_F(ReceiverTest, DeletesWhatAFullSyncDidNotHave) {
  Push(R"([{"_id": "a"}, {"_id": "b"}])");
  EXPECT_EQ(PushFull(R"([{"_id": "b"}])", "1", "1", "", true, false), "{}");
  EXPECT_EQ(PushFull(R"([{"_id": "c"}])", "1", "2", "1", false, false), "{}");
  EXPECT_THAT(Ids(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(PushFull(R"([{"_id": "d"}])", "1", "3", "2", false, true), "{}");
  EXPECT_THAT(Ids(), ElementsAre("b", "c", "d"));
  EXPECT_EQ(PushFull(R"([{"_id": "x"}])", "2", "1", "", true, true), "{}");
  EXPECT_THAT(Ids(), ElementsAre("x"));
}

TEST_F(ReceiverTest, AnswersConflicts) {
  EXPECT_EQ(PushFull("[]", "s", "1", "", true, false), "{}");
  // Not the request before.
  EXPECT_THAT(PushFull("[]", "s", "2", "", false, false), StartsWith("conflict"));
  EXPECT_THAT(PushFull("[]", "s", "2", "7", false, false), StartsWith("conflict"));
  // First for a second time.
  EXPECT_THAT(PushFull("[]", "s", "2", "1", true, false), StartsWith("conflict"));
  // Full and then not.
  EXPECT_THAT(Push("[]", {{"sequence_id", "s"}, {"is_full", "false"}}), StartsWith("conflict"));
  // None of these was taken for a part of the sequence.
  EXPECT_EQ(PushFull("[]", "s", "2", "1", false, false), "{}");
  // The rest of a sequence that was never begun here must not delete what came before.
  EXPECT_THAT(PushFull("[]", "other", "9", "8", false, true), StartsWith("conflict"));
  EXPECT_EQ(PushFull("[]", "s", "3", "2", false, true), "{}");
  // It is over.
  EXPECT_THAT(PushFull("[]", "s", "4", "3", false, true), StartsWith("conflict"));
  // Not full and then full.
  EXPECT_EQ(Push("[]", {{"sequence_id", "i"}, {"request_id", "1"}}), "{}");
  EXPECT_THAT(PushFull("[]", "i", "2", "", false, false), StartsWith("conflict"));
}

TEST_F(ReceiverTest, LetsANewSequenceReplaceTheActiveOne) {
  EXPECT_EQ(PushFull(R"([{"_id": "a"}])", "1", "1", "", true, false), "{}");
  EXPECT_EQ(PushFull(R"([{"_id": "b"}])", "2", "1", "", true, false), "{}");
  EXPECT_THAT(PushFull("[]", "1", "2", "1", false, true), StartsWith("conflict"));
  EXPECT_EQ(PushFull("[]", "2", "2", "1", false, true), "{}");
  EXPECT_THAT(Ids(), ElementsAre("b"));
}

TEST_F(ReceiverTest, LeavesTheSequenceAloneOnIncrementalRequests) {
  EXPECT_EQ(PushFull(R"([{"_id": "a"}])", "1", "1", "", true, false), "{}");
  EXPECT_EQ(Push(R"([{"_id": "i"}])", {{"sequence_id", "x"}, {"previous_request_id", "77"}}), "{}");
  EXPECT_EQ(PushFull("[]", "1", "2", "1", false, true), "{}");
}

TEST_F(ReceiverTest, TakesTheSameRequestAgainAfterABadOne) {
  EXPECT_THAT(PushFull(R"([{"_id": "a"})", "1", "1", "", true, false), StartsWith("bad-data"));
  EXPECT_EQ(PushFull(R"([{"_id": "a"}])", "1", "1", "", true, false), "{}");
  EXPECT_THAT(PushFull("nonsense", "1", "2", "1", false, true), StartsWith("bad-data"));
  EXPECT_THAT(Ids(), ElementsAre("a"));
  EXPECT_EQ(PushFull(R"([{"_id": "b"}])", "1", "2", "1", false, true), "{}");
  EXPECT_THAT(Ids(), ElementsAre("a", "b"));
}

TEST_F(ReceiverTest, GoesOnWithASequenceAfterARestart) {
  Push(R"([{"_id": "old"}])");
  EXPECT_EQ(PushFull(R"([{"_id": "a"}])", "s\"1", "1", "", true, false), "{}");
  Restart();
  EXPECT_THAT(PushFull("[]", "s\"1", "2", "", true, false), StartsWith("conflict"));
  EXPECT_EQ(PushFull(R"([{"_id": "b"}])", "s\"1", "2", "1", false, true), "{}");
  EXPECT_THAT(Ids(), ElementsAre("a", "b"));
  Restart();
  EXPECT_EQ(inlet_.state, "");
}

TEST_F(ReceiverTest, TellsSequencesWithoutIdsByTheirFirstRequest) {
  EXPECT_EQ(PushFull(R"([{"_id": "a"}])", "", "", "", true, false), "{}");
  EXPECT_EQ(PushFull(R"([{"_id": "b"}])", "", "", "", true, false), "{}");
  EXPECT_EQ(PushFull(R"([{"_id": "c"}])", "", "", "", false, true), "{}");
  EXPECT_THAT(Ids(), ElementsAre("b", "c"));
}

TEST_F(ReceiverTest, DoesNotTakeWhatItCouldNotRemember) {
  inlet_.fail_store = MakeError(Code::kIo, "no space");
  EXPECT_EQ(PushFull(R"([{"_id": "a"}])", "1", "1", "", true, false), "io: no space");
  inlet_.fail_store.reset();
  EXPECT_EQ(PushFull(R"([{"_id": "a"}])", "1", "1", "", true, false), "{}");
  inlet_.fail_store = MakeError(Code::kIo, "no space");
  EXPECT_EQ(PushFull("[]", "1", "2", "1", false, false), "io: no space");
  inlet_.fail_store.reset();
  EXPECT_EQ(PushFull("[]", "1", "2", "1", false, false), "{}");
  EXPECT_EQ(PushFull("[]", "1", "3", "2", false, true), "{}");
}

TEST_F(ReceiverTest, TakesOneFullRequestAtATime) {
  std::promise<void> inside;
  std::promise<void> go_on;
  std::thread slow([&] {
    bool first = true;
    auto result = receiver_->Receive(
        Request({{"is_full", "true"}, {"sequence_id", "1"}, {"is_first", "true"}}),
        [&]() -> Result<std::string_view> {
          if (!std::exchange(first, false)) return std::string_view();
          inside.set_value();
          go_on.get_future().wait();
          return std::string_view("[]");
        },
        Stop());
    EXPECT_TRUE(result.ok());
  });
  inside.get_future().wait();
  EXPECT_THAT(PushFull("[]", "2", "1", "", true, false), StartsWith("conflict"));
  EXPECT_EQ(Push(R"([{"_id": "i"}])"), "{}");
  go_on.set_value();
  slow.join();
  EXPECT_EQ(PushFull("[]", "2", "1", "", true, true), "{}");
}

}  // namespace
}  // namespace sluice::connectors
