#include "dtl/wildcard.h"

#include <gmock/gmock.h>

namespace sluice::dtl {
namespace {

TEST(WildcardTest, AStarIsAnyCharactersAlsoNone) {
  EXPECT_TRUE(Wildcard("a*c").Matches("ac"));
  EXPECT_TRUE(Wildcard("a*c").Matches("abbc"));
  EXPECT_FALSE(Wildcard("a*c").Matches("abcd"));
  EXPECT_TRUE(Wildcard("*").Matches(""));
  EXPECT_TRUE(Wildcard("*a*b*").Matches("xxaxxbxx"));
  EXPECT_FALSE(Wildcard("*a*b*").Matches("xxbxxaxx"));
}

TEST(WildcardTest, AQuestionMarkIsOneCharacterNotOneByte) {
  EXPECT_TRUE(Wildcard("a?c").Matches("aéc"));
  EXPECT_FALSE(Wildcard("a??c").Matches("aéc"));
  EXPECT_FALSE(Wildcard("?").Matches(""));
  EXPECT_TRUE(Wildcard("*?c").Matches("éc"));
}

TEST(WildcardTest, TheWholeTextHasToMatch) {
  EXPECT_FALSE(Wildcard("a").Matches("ab"));
  EXPECT_FALSE(Wildcard("b").Matches("ab"));
  EXPECT_TRUE(Wildcard("ab").Matches("ab"));
  EXPECT_TRUE(Wildcard("").Matches(""));
  EXPECT_FALSE(Wildcard("").Matches("a"));
}

TEST(WildcardTest, ManyStarsStayFast) {
  const std::string text(20000, 'a');
  EXPECT_FALSE(Wildcard("*a*a*a*a*a*a*a*a*a*a*a*a*b").Matches(text));
}

}  // namespace
}  // namespace sluice::dtl
