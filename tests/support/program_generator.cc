#include "tests/support/program_generator.h"

#include <fmt/core.h>

#include <array>
#include <set>

namespace sluice::testing {
namespace {

constexpr std::array<std::string_view, 72> kLiterals = {
    R"~(null)~",
    R"~(true)~",
    R"~(false)~",
    R"~(0)~",
    R"~(1)~",
    R"~(-1)~",
    R"~(2)~",
    R"~(3)~",
    R"~(10)~",
    R"~(100)~",
    R"~(255)~",
    R"~(2147483648)~",
    R"~(-9223372036854775808)~",
    R"~(9223372036854775807)~",
    R"~(1.5)~",
    R"~(-0.0)~",
    R"~(2.675)~",
    R"~(-1234.5678)~",
    R"~(1e300)~",
    R"~(123456789012345678901234567890)~",
    R"~("")~",
    R"~("a")~",
    R"~("Ab é ß")~",
    R"~(" \u00a0x\t ")~",
    R"~("a:b")~",
    R"~("::a")~",
    R"~("~:a:b")~",
    R"~("~:c")~",
    R"~("~f1.50")~",
    R"~("~f-0.005")~",
    R"~("~f123456789012345678901234567890.5")~",
    R"~("~t2020-02-29")~",
    R"~("~t2020-02-29T23:59:59.5Z")~",
    R"~("~t1969-12-31T23:59:59.999999999Z")~",
    R"~("~rhttp://a.b/c d")~",
    R"~("~rhttp://xmlns.com/foaf/0.1/name")~",
    R"~("~bAAH/")~",
    R"~("~u01234567-89ab-cdef-0123-456789abcdef")~",
    R"~("%Y-%m-%d")~",
    R"~("2020-02-29")~",
    R"~("2020-02-29T10:00:00.5Z")~",
    R"~("29.02.2020")~",
    R"~("day")~",
    R"~("Europe/Oslo")~",
    R"~("x")~",
    R"~("*")~",
    R"~("12")~",
    R"~("-7.25")~",
    R"~("0xff")~",
    R"~("0x")~",
    R"~("1e3")~",
    R"~("AAH/")~",
    R"~("+4722222222")~",
    R"~("22 22 22 22")~",
    R"~("{\"a\": [1, 2.5, null]}")~",
    R"~("[1, \"x\"]")~",
    R"~("01234567-89ab-cdef-0123-456789abcdef")~",
    R"~("http://a.b/æ?q=1")~",
    R"~("a,b;c")~",
    R"~("~~x")~",
    R"~({})~",
    R"~({"a": 1, "b:a": [2, null]})~",
    R"~({"_id": "1", "x": {"y": [{"z": 1}]}})~",
    R"~({"_dataset": "e", "_id": "q", "<foaf:name>": "n"})~",
    R"~(["list"])~",
    R"~(["list", 1, "a", null, 1.0])~",
    R"~(["list", ["list", 1], {"a": "x"}])~",
    R"~(["list", {"a": 1, "b": "x"}, {"a": 2}, {"a": 1}])~",
    R"~(["list", 3, 1, 2])~",
    R"~(["list", "b", "a", "B"])~",
    R"~(["tuples", 1, ["list", 2, 3]])~",
    R"~(["list", "~t2020-02-29", "~:a:b", true, "~bAA==", 2.5, "~f2.5"])~",
};

constexpr std::array<std::string_view, 33> kPaths = {
    R"~("_S.")~",         R"~("_S.a")~",          R"~("_S.list")~",    R"~("_S.list.a")~",
    R"~("_S.text")~",     R"~("_S.nope")~",       R"~("_S._id")~",     R"~("_S.$ids")~",
    R"~("_S.when")~",     R"~("_S.day")~",        R"~("_S.dec")~",     R"~("_S.ni")~",
    R"~("_S.nested")~",   R"~("_S.nested.b.c")~", R"~("_S.'x:a'")~",   R"~("_S._updated")~",
    R"~("_S._deleted")~", R"~("_T.")~",           R"~("_T.p1")~",      R"~("_T._id")~",
    R"~("_.")~",          R"~("_.a")~",           R"~("_R._S.n")~",    R"~("_R._T.p2")~",
    R"~("_R.")~",         R"~("_P.")~",           R"~("_P._S.text")~", R"~("_P._T.p0")~",
    R"~("_B.q")~",        R"~("_S.n")~",          R"~("_S.numbers")~", R"~("_S.words")~",
    R"~("_S.big")~",
};

constexpr std::array<std::string_view, 31> kTexts = {
    R"~("a")~",
    R"~("p1")~",
    R"~("p2")~",
    R"~("_id")~",
    R"~("x:a")~",
    R"~("::q")~",
    R"~(":q")~",
    R"~("year")~",
    R"~("month")~",
    R"~("day")~",
    R"~("hour")~",
    R"~("minute")~",
    R"~("second")~",
    R"~("millisecond")~",
    R"~("%d.%m.%Y")~",
    R"~("%Y-%m-%dT%H:%M:%S.%fZ %z %j %a %B %p %I %y")~",
    R"~("UTC")~",
    R"~("Europe/Oslo")~",
    R"~("America/New_York")~",
    R"~(",")~",
    R"~("D")~",
    R"~("e164")~",
    R"~("international")~",
    R"~("NO")~",
    R"~("murmur3")~",
    R"~("0123456789abcdef0123456789abcdef")~",
    R"~("/")~",
    R"~("$ids")~",
    R"~("$children")~",
    R"~("p's")~",
    R"~("e")~",
};

constexpr std::array<std::string_view, 13> kHops = {
    R"~({"datasets": ["D d"], "where": ["eq", "_S.a", "d.v"]})~",
    R"~({"datasets": ["D d"], "where": ["eq", "_S.list.a", ["lower", "d.v"]], "return": "d.v"})~",
    R"~({"datasets": ["D d", "D e"], "where": [["eq", "_S.n", "d.v"], ["eq", "d.up", "e._id"]], "return": "d, e"})~",
    R"~({"datasets": ["D d"], "where": ["eq", "_S.up", "d._id"], "recurse": true})~",
    R"~({"datasets": ["D d"], "where": ["eq", "_S.a", "d.v"], "recurse": true, "max_depth": 2, "exclude_root": true})~",
    R"~({"datasets": ["D d"], "where": ["eq", ["tuples", "_S.a", "_S.n"], ["tuples", "d.v", "d.w"]]})~",
    R"~({"datasets": ["D d"], "where": [["eq", "_S.a", "d.v"], ["gt", "d.w", 1]], "return": ["dict", "x", "d."]})~",
    R"~({"datasets": ["D d"], "where": ["or", ["eq", "_S.a", "d.v"], ["eq", "_S.n", "d.v"]]})~",
    R"~({"datasets": ["D d"], "where": ["eq", "_S.a", "d.v"], "subsets": {"d": ["eq", "_S.w", 2]}})~",
    R"~({"datasets": ["D d"], "where": [["eq", "_S.a", "d.v"], ["neq", "d._id", "_S._id"]], "return": {"w": "d.w", "s": ["list", "d.v"]}})~",
    R"~({"datasets": ["D d", "D e", "D f"], "where": [["eq", "_S.a", "d.v"], ["eq", "d.up", "e._id"], ["eq", "e.up", "f._id"], ["eq", "f.w", "d.w"]], "trace": "t", "track-dependencies": false})~",
    R"~({"datasets": ["D d"], "where": ["eq", "_T.p1", "d.v"]})~",
    R"~({"datasets": ["N d"], "where": ["eq", "_S.a", "d.v"]})~",
};

template <size_t N>
std::string Pick(Random& random, const std::array<std::string_view, N>& choices) {
  return std::string(choices[random.Below(N)]);
}

}  // namespace

const std::string_view kGeneratedSource =
    R"~({"_id": "s:1", "a": 1, "x:a": "q", "n": 3, "text": "Some text, é", "list": [{"a": 1}, {"a": [2, 3]}, null, 5, "t"],)~"
    R"~( "when": "~t2021-01-31T10:00:00Z", "day": "~t2021-01-31", "dec": "~f2.50", "ni": "~:x:1", "nested": {"b": {"c": [1, 2]}},)~"
    R"~( "numbers": [1, 2.5, "~f0.1", -3, 123456789012345678901], "words": ["b", "a", "", "Ä", "b"], "big": 123456789012345678901})~";

ProgramGenerator::ProgramGenerator(const dtl::Catalogue& catalogue, bool nondeterministic) {
  static const std::set<std::string_view> left_out = {"sleep!", "encrypt-pgp", "decrypt-pgp"};
  for (const dtl::Function* function : catalogue.all()) {
    if (left_out.contains(function->name)) continue;
    if (!nondeterministic && function->purity == dtl::Purity::kNondeterministic) continue;
    (function->transform ? transforms_ : expressions_).push_back(function);
  }
}

std::string ProgramGenerator::Rules(Random& random) const {
  std::string rules = R"({"default": [["copy", "*"])";
  const uint64_t count = 1 + random.Below(4);
  for (uint64_t i = 0; i < count; ++i) rules += ", " + Transform(random, 2);
  rules += R"(], "r": [["copy", "*"], )" + Transform(random, 1) + "]}";
  return rules;
}

std::string ProgramGenerator::Expression(Random& random, int depth) const {
  const uint64_t kind = random.Below(10);
  if (depth <= 0 || kind < 3) return kind < 2 ? Pick(random, kLiterals) : Pick(random, kPaths);
  return Call(random, *expressions_[random.Below(expressions_.size())], depth - 1);
}

std::string ProgramGenerator::Transform(Random& random, int depth) const {
  if (random.Below(3) == 0) {
    const uint64_t name = random.Below(5);
    return fmt::format(R"(["add", "p{}", {}])", name, Expression(random, depth + 2));
  }
  return Call(random, *transforms_[random.Below(transforms_.size())], depth);
}

std::string ProgramGenerator::Call(Random& random, const dtl::Function& function, int depth) const {
  std::string call = fmt::format(R"(["{}")", function.name);
  for (const dtl::Param& param : function.params) {
    uint64_t count = static_cast<uint64_t>(param.min);
    if (param.max < 0) {
      count += random.Below(3);
    } else if (param.max > param.min) {
      count += random.Below(static_cast<uint64_t>(param.max - param.min) + 1);
    }
    for (uint64_t i = 0; i < count; ++i) call += ", " + Argument(random, function, param, depth);
  }
  return call + "]";
}

std::string ProgramGenerator::Argument(Random& random, const dtl::Function& function,
                                       const dtl::Param& param, int depth) const {
  // Sometimes what is not allowed: it has to be refused, not to crash.
  if (random.Below(40) == 0) return Expression(random, depth);
  if (param.name == "HOPS_SPEC") return Pick(random, kHops);
  if (param.name == "RULE") return R"("r")";
  switch (param.kind) {
    case dtl::Kind::kConstantInteger:
      return std::to_string(random.Below(5));
    case dtl::Kind::kConstantBoolean:
      return random.Below(2) ? "true" : "false";
    case dtl::Kind::kInteger:
      return random.Below(3) == 0 ? Expression(random, depth)
                                  : std::to_string(static_cast<int64_t>(random.Below(9)) - 3);
    case dtl::Kind::kString:
      return random.Below(4) == 0 ? Expression(random, depth) : Pick(random, kTexts);
    case dtl::Kind::kConstant:
      return Pick(random, kTexts);
    case dtl::Kind::kWildcard:
      return random.Below(2) ? R"("a*")" : R"(["list", "?", "x:*", "_id"])";
    case dtl::Kind::kTransforms:
      return function.transform && random.Below(3) ? Transform(random, depth - 1) : "[]";
    case dtl::Kind::kAnyLiteral:
      return Pick(random, kLiterals);
    default:
      return Expression(random, depth);
  }
}

}  // namespace sluice::testing
