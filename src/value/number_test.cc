#include "value/number.h"

#include <gtest/gtest.h>

#include <cmath>

#include "value/json.h"
#include "value/relations.h"

namespace sluice {
namespace {

// Numbers as JSON and transit write them: "1", "1.0", "~f1.0".
class NumberTest : public testing::Test {
 protected:
  Value Number(std::string_view text) {
    if (text.starts_with("~f")) return *ParseDecimal(text.substr(2), arena_);
    return *JsonParser().Parse(text, arena_);
  }
  std::string Text(const Value& value) {
    const auto transit = TransitText(value);
    return transit.empty() ? ToJson(value) : transit;
  }
  std::string Calculated(Operator op, std::string_view a, std::string_view b) {
    auto result = Calculate(op, Number(a), Number(b), arena_);
    return result.ok() ? Text(*result) : result.error().message;
  }
  std::string Rounded(std::string_view number, std::optional<int> digits, Rounding rounding) {
    auto result = Round(Number(number), digits, rounding, arena_);
    return result.ok() ? Text(*result) : result.error().message;
  }

  Arena arena_;
};

TEST_F(NumberTest, ParsesIntegers) {
  const auto parsed = [&](std::string_view text) {
    const auto value = ParseInteger(text, arena_);
    return value ? Text(*value) : "none";
  };
  EXPECT_EQ(parsed("+007"), "7");
  EXPECT_EQ(parsed("-0"), "0");
  EXPECT_EQ(parsed("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(parsed("9223372036854775808"), "9223372036854775808");
  EXPECT_EQ(parsed("-000123456789012345678901234567890"), "-123456789012345678901234567890");
  for (const std::string_view text : {"", "-", "1.0", "1e3", " 1", "0x1"})
    EXPECT_EQ(parsed(text), "none") << text;
  EXPECT_FALSE(ParseInteger(std::string(100'001, '9'), arena_));
  EXPECT_TRUE(ParseInteger(std::string(200'000, '0') + "1", arena_));
}

TEST_F(NumberTest, ParsesDecimalsAndKeepsTheirDigits) {
  const auto parsed = [&](std::string_view text) {
    const auto value = ParseDecimal(text, arena_);
    return value ? std::string(value->text()) : "none";
  };
  EXPECT_EQ(parsed("2.500000"), "2.500000");
  EXPECT_EQ(parsed("+007.10"), "7.10");
  EXPECT_EQ(parsed("-0.0"), "-0.0");
  EXPECT_EQ(parsed("1e3"), "1000");
  EXPECT_EQ(parsed("1.50e1"), "15.0");
  EXPECT_EQ(parsed("1.5e-3"), "0.0015");
  EXPECT_EQ(parsed("0e5"), "0");
  EXPECT_EQ(parsed("0e-3"), "0.000");
  EXPECT_EQ(parsed("12.34E+1"), "123.4");
  for (const std::string_view text :
       {"", "-", ".5", "1.", "1e", "1e+", "1.5x", "nan", "1e100001", "1e-100001"}) {
    EXPECT_EQ(parsed(text), "none") << text;
  }
}

TEST_F(NumberTest, CalculatesIntegersExactly) {
  EXPECT_EQ(Calculated(Operator::kPlus, "9223372036854775807", "1"), "9223372036854775808");
  EXPECT_EQ(Calculated(Operator::kMinus, "9223372036854775808", "1"), "9223372036854775807");
  EXPECT_EQ(Calculated(Operator::kMultiply, "-9223372036854775808", "-1"), "9223372036854775808");
  EXPECT_EQ(Calculated(Operator::kDivide, "-9223372036854775808", "-1"), "9223372036854775808");
  EXPECT_EQ(Calculated(Operator::kDivide, "10", "2"), "5");
  EXPECT_EQ(Calculated(Operator::kDivide, "1", "3"), "0.3333333333333333");
  EXPECT_EQ(Calculated(Operator::kDivide, "9007199254740993", "2"), "4503599627370496.0");
  EXPECT_EQ(Calculated(Operator::kDivide, "100000000000000000000000", "3"),
            "3.333333333333333e+22");
  EXPECT_EQ(Calculated(Operator::kRemainder, "-7", "3"), "2");
  EXPECT_EQ(Calculated(Operator::kRemainder, "7", "-3"), "-2");
  EXPECT_EQ(Calculated(Operator::kRemainder, "-9223372036854775808", "-1"), "0");
  EXPECT_EQ(Calculated(Operator::kRemainder, "-100000000000000000000", "7"), "5");
  EXPECT_EQ(Calculated(Operator::kPower, "2", "100"), "1267650600228229401496703205376");
  EXPECT_EQ(Calculated(Operator::kPower, "2", "-1"), "0.5");
  EXPECT_EQ(Calculated(Operator::kPower, "-1", "1000000000001"), "-1");
  EXPECT_EQ(Calculated(Operator::kPower, "10", "1000000000000"),
            "a number may have at most 100000 digits");
  EXPECT_EQ(Calculated(Operator::kDivide, "1", "0"), "division by zero");
  EXPECT_EQ(Calculated(Operator::kRemainder, "100000000000000000000", "0"), "division by zero");
}

TEST_F(NumberTest, CalculatesDecimals) {
  EXPECT_EQ(Calculated(Operator::kPlus, "~f0.1", "~f0.20"), "~f0.30");
  EXPECT_EQ(Calculated(Operator::kPlus, "~f0.1", "0.2"), "~f0.3");
  EXPECT_EQ(Calculated(Operator::kMinus, "1", "~f1.00"), "~f0.00");
  EXPECT_EQ(Calculated(Operator::kMultiply, "~f1.5", "~f-1.5"), "~f-2.25");
  EXPECT_EQ(Calculated(Operator::kDivide, "~f1", "~f3"), "~f0.3333333333333333333333333333");
  EXPECT_EQ(Calculated(Operator::kDivide, "~f2", "~f3"), "~f0.6666666666666666666666666667");
  EXPECT_EQ(Calculated(Operator::kDivide, "~f1", "~f4"), "~f0.25");
  EXPECT_EQ(Calculated(Operator::kDivide, "~f6.00", "~f2"), "~f3.00");
  EXPECT_EQ(Calculated(Operator::kDivide, "~f1000", "~f0.1"), "~f10000");
  EXPECT_EQ(Calculated(Operator::kDivide, "~f1", "~f0.0"), "division by zero");
  EXPECT_EQ(Calculated(Operator::kRemainder, "~f-7.5", "~f2"), "~f0.5");
  EXPECT_EQ(Calculated(Operator::kPower, "~f1.1", "2"), "~f1.21");
  EXPECT_EQ(Calculated(Operator::kPower, "~f2", "-2"), "~f0.25");
  EXPECT_EQ(Calculated(Operator::kPower, "~f2", "~f0.5"), "~f1.414213562373095048801688724");
  EXPECT_EQ(Calculated(Operator::kPower, "~f-2", "~f0.5"),
            "a negative number has no power with a fraction");
}

TEST_F(NumberTest, CalculatesFloats) {
  EXPECT_EQ(Calculated(Operator::kPlus, "0.1", "0.2"), "0.30000000000000004");
  EXPECT_EQ(Calculated(Operator::kPlus, "1", "0.5"), "1.5");
  EXPECT_EQ(Calculated(Operator::kRemainder, "-7.5", "2"), "0.5");
  EXPECT_EQ(Calculated(Operator::kDivide, "1.0", "0"), "division by zero");
  EXPECT_TRUE(std::isinf(
      *Calculate(Operator::kMultiply, Number("1e308"), Number("10"), arena_)->AsFloat()));
}

TEST_F(NumberTest, Rounds) {
  using enum Rounding;
  EXPECT_EQ(Rounded("2.5", {}, kHalfEven), "2");
  EXPECT_EQ(Rounded("2.5", {}, kHalfUp), "3");
  EXPECT_EQ(Rounded("-2.5", {}, kHalfUp), "-3");
  EXPECT_EQ(Rounded("-2.5", {}, kFloor), "-3");
  EXPECT_EQ(Rounded("-2.5", {}, kCeiling), "-2");
  EXPECT_EQ(Rounded("-2.9", {}, kTruncate), "-2");
  EXPECT_EQ(Rounded("0.49999999999999994", {}, kHalfUp), "0");
  EXPECT_EQ(Rounded("1e20", {}, kHalfUp), "100000000000000000000");
  EXPECT_EQ(Rounded("2.675", 2, kHalfEven), "2.67");  // The double lies below.
  EXPECT_EQ(Rounded("~f2.675", 2, kHalfEven), "~f2.68");
  EXPECT_EQ(Rounded("~f2.665", 2, kHalfEven), "~f2.66");
  EXPECT_EQ(Rounded("~f2.5", 3, kHalfEven), "~f2.5");
  EXPECT_EQ(Rounded("~f2.5", {}, kHalfEven), "2");
  EXPECT_EQ(Rounded("1250", -2, kHalfEven), "1200");
  EXPECT_EQ(Rounded("1250.0", -2, kHalfUp), "1300.0");
  EXPECT_EQ(Rounded("~f1250", -2, kCeiling), "~f1300");
  EXPECT_EQ(Rounded("1", -400000, kHalfEven), "0");
  EXPECT_EQ(Rounded("-0.4", 0, kHalfEven), "-0.0");
  EXPECT_EQ(Round(Value::Float(NAN), {}, kHalfEven, arena_).error().message,
            "nan has no integer part");
}

TEST_F(NumberTest, ConvertsAndNegates) {
  EXPECT_EQ(Text(*ToInteger(Number("~f-12.9"), arena_)), "-12");
  EXPECT_EQ(Text(*ToInteger(Number("1e22"), arena_)), "10000000000000000000000");
  EXPECT_FALSE(ToInteger(Value::Float(NAN), arena_));
  EXPECT_EQ(Text(Negate(Number("-9223372036854775808"), arena_)), "9223372036854775808");
  EXPECT_EQ(Negate(Number("9223372036854775808"), arena_).AsInteger(),
            std::numeric_limits<int64_t>::min());
  EXPECT_EQ(Text(Negate(Number("~f-1.50"), arena_)), "~f1.50");
  EXPECT_EQ(Text(Negate(Number("~f0.0"), arena_)), "~f0.0");
  EXPECT_EQ(Sign(Number("~f-0.00")), 0);
  EXPECT_EQ(Sign(Number("~f-0.01")), -1);
  EXPECT_EQ(ToDouble(Number("~f0.1")), 0.1);
  EXPECT_EQ(FloatText(1.0), "1.0");
  EXPECT_EQ(FloatText(9007199254740994.0), "9007199254740994.0");
  EXPECT_EQ(FloatText(5e-324), "5e-324");
}

}  // namespace
}  // namespace sluice
