#include <gtest/gtest.h>

#include "base/random.h"
#include "net/gzip.h"
#include "net/media_type.h"
#include "net/url.h"

namespace sluice::net {
namespace {

TEST(JoinUrl, ResolvesReferences) {
  EXPECT_EQ(*JoinUrl("http://h:8080/x/y", "a/b?c=d"), "http://h:8080/x/a/b?c=d");
  EXPECT_EQ(*JoinUrl("http://h/x/", "/a"), "http://h/a");
  EXPECT_EQ(*JoinUrl("http://h/x/", "../a"), "http://h/a");
  EXPECT_EQ(*JoinUrl("http://h/x/", "https://other/z"), "https://other/z");
  EXPECT_EQ(*JoinUrl("http://h/x", ""), "http://h/x");
  EXPECT_EQ(*JoinUrl("", "http://h/x"), "http://h/x");
  EXPECT_EQ(*JoinUrl("http://h/x/", "a b"), "http://h/x/a%20b");
}

TEST(JoinUrl, RefusesOtherSchemes) {
  for (const char* url : {"file:///etc/passwd", "h/x", "", "ftp://h/"}) {
    const auto joined = JoinUrl("", url);
    ASSERT_FALSE(joined.ok()) << url;
    EXPECT_EQ(joined.error().code, Code::kBadConfig);
  }
  EXPECT_FALSE(JoinUrl("http://h/", "file:///etc/passwd").ok());
}

TEST(AddQuery, KeepsWhatIsThere) {
  EXPECT_EQ(AddQuery("http://h/x", "since", "a b&c"), "http://h/x?since=a%20b%26c");
  EXPECT_EQ(AddQuery("http://h/x?a=1", "b", "2"), "http://h/x?a=1&b=2");
  EXPECT_EQ(AddQuery("http://h/x?", "b", "2"), "http://h/x?b=2");
  EXPECT_EQ(AddQuery("http://h/x?a=1#f", "b", "ø"), "http://h/x?a=1&b=%C3%B8#f");
}

TEST(Origin, IsOneForOneServer) {
  EXPECT_EQ(Origin("HTTP://Host/x"), Origin("http://host:80/y?z"));
  EXPECT_NE(Origin("http://host/"), Origin("https://host/"));
  EXPECT_NE(Origin("http://host/"), Origin("http://host.evil/"));
  EXPECT_NE(Origin("http://host/"), Origin("http://host@evil/"));
  EXPECT_EQ(Origin("x"), "");
}

TEST(RedactUrl, ShowsNoPassword) {
  EXPECT_EQ(RedactUrl("http://u:p@h/x?a=b@c#f"), "http://h/x?a=b@c");
  EXPECT_EQ(RedactUrl("http://u:p@q@h"), "http://h");
  EXPECT_EQ(RedactUrl("http://h/a@b"), "http://h/a@b");
}

TEST(Gzip, ComesBackAfterAnyFeeding) {
  SeededRandom random(7);
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += static_cast<char>('a' + random.Below(4));
  // Two members one after the other, padded with zeros.
  const std::string packed = Gzip(text) + Gzip("tail") + std::string(5, '\0');
  for (const size_t step : {size_t{1}, size_t{7}, size_t{4096}, packed.size()}) {
    Inflater inflater;
    std::string unpacked;
    for (size_t at = 0; at < packed.size(); at += step) {
      inflater.Feed(std::string_view(packed).substr(at, step));
      while (true) {
        auto piece = inflater.Next();
        ASSERT_TRUE(piece.ok()) << piece.error().ToText();
        if (piece->empty()) break;
        unpacked += *piece;
      }
    }
    EXPECT_TRUE(inflater.Finish().ok());
    EXPECT_EQ(unpacked, text + "tail") << step;
  }
}

TEST(Gunzip, RefusesCutCorruptAndLargeInput) {
  const std::string packed = Gzip(std::string(1000, 'x'));
  EXPECT_EQ(Gunzip(packed.substr(0, packed.size() - 1), 2000).error().code, Code::kBadData);
  EXPECT_EQ(Gunzip("", 2000).error().code, Code::kBadData);
  EXPECT_EQ(Gunzip(packed, 999).error().code, Code::kTooLarge);
  EXPECT_TRUE(Gunzip(packed, 1000).ok());
  std::string corrupt = packed;
  corrupt[corrupt.size() - 6] ^= 1;  // The checksum.
  EXPECT_EQ(Gunzip(corrupt, 2000).error().code, Code::kBadData);
  EXPECT_EQ(Gunzip(packed + "junk", 2000).error().code, Code::kBadData);
}

TEST(MediaType, IsToldApart) {
  const MediaType type = ParseMediaType(" Application/JSON ; a=b; Charset=\"UTF-8\"");
  EXPECT_EQ(type.type, "application/json");
  EXPECT_EQ(type.charset, "utf-8");
  EXPECT_TRUE(IsJson("application/json;charset=utf-8"));
  EXPECT_TRUE(IsJson("application/vnd.x+json"));
  EXPECT_TRUE(IsJson("application/x-ndjson"));
  EXPECT_FALSE(IsJson("application/x-www-form-urlencoded"));
  EXPECT_FALSE(IsJson("application/jsonx"));
  EXPECT_FALSE(IsJson(""));
}

TEST(ContentDisposition, LeavesOutWhatBreaksHeaders) {
  EXPECT_EQ(ContentDisposition("attachment", "a.csv"), "attachment; filename=\"a.csv\"");
  EXPECT_EQ(ContentDisposition("inline", "a\"/\\\r\nb"), "inline; filename=\"ab\"");
  EXPECT_EQ(ContentDisposition("inline", "blå.csv"),
            "inline; filename=\"bl_.csv\"; filename*=UTF-8''bl%C3%A5.csv");
  EXPECT_EQ(ContentDisposition("inline", "//"), "");
}

}  // namespace
}  // namespace sluice::net
