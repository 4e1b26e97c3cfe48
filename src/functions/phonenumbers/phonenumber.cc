// phonenumber-parse and phonenumber-format, by libphonenumber.

#include <phonenumbers/phonenumberutil.h>

#include "functions/arguments.h"
#include "functions/phonenumbers/phonenumbers.h"
#include "functions/sequence.h"
#include "value/json.h"

namespace sluice::functions {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr std::string_view kNoRegion =
    "ZZ";  // libphonenumber: only numbers with a country code are read.
constexpr std::string_view kScheme = "tel:";

enum class Style {
  kE164,
  kRfc3966,
  kNational,
  kInternational,
  kNationalE164,
  kIsoCode,
  kCountryCode
};

std::optional<Style> ParseStyle(std::string_view name) {
  if (name == "e164") return Style::kE164;
  if (name == "rfc3966") return Style::kRfc3966;
  if (name == "national") return Style::kNational;
  if (name == "international") return Style::kInternational;
  if (name == "national-e164") return Style::kNationalE164;
  if (name == "isocode") return Style::kIsoCode;
  if (name == "country-code") return Style::kCountryCode;
  return std::nullopt;
}

std::optional<PhoneNumber> ParseNumber(const std::string& text, const std::string& region) {
  const auto& util = *PhoneNumberUtil::GetInstance();
  PhoneNumber number;
  if (util.ParseAndKeepRawInput(text, region, &number) != PhoneNumberUtil::NO_PARSING_ERROR)
    return std::nullopt;
  return util.IsPossibleNumber(number) ? std::optional(number) : std::nullopt;
}

std::string FormatNumber(const PhoneNumber& number, Style style) {
  const auto& util = *PhoneNumberUtil::GetInstance();
  std::string text;
  switch (style) {
    case Style::kE164:
      util.Format(number, PhoneNumberUtil::E164, &text);
      return text.starts_with('+') ? text.substr(1) : text;  // The reference writes no plus.
    case Style::kRfc3966:
      util.Format(number, PhoneNumberUtil::RFC3966, &text);
      return text;
    case Style::kNational:
      util.Format(number, PhoneNumberUtil::NATIONAL, &text);
      return text;
    case Style::kInternational:
      util.Format(number, PhoneNumberUtil::INTERNATIONAL, &text);
      return text;
    case Style::kNationalE164:
      util.GetNationalSignificantNumber(number, &text);
      return text;
    case Style::kIsoCode:
      util.GetRegionCodeForNumber(number, &text);
      return text;
    case Style::kCountryCode:
      return std::to_string(number.country_code());
  }
  return text;
}

Result<Value> Parse(const dtl::Args& args) {
  const bool has_region = args.size() == 2;
  std::string region(kNoRegion);
  if (has_region) {
    const auto text = FirstValue(args[0]).AsString();
    if (!text) return Value::Null();
    region = *text;
  }
  return dtl::MapValues(
      args, args[has_region ? 1 : 0], [&](const Value& value) -> Result<std::optional<Value>> {
        const auto text = value.AsString();
        if (!text && value.kind() != Kind::kInteger) return std::optional<Value>();
        const auto number = ParseNumber(text ? std::string(*text) : ToJson(value), region);
        if (!number) return std::optional<Value>();
        return std::optional(Value::Uri(args.arena().Copy(FormatNumber(*number, Style::kRfc3966))));
      });
}

Result<Value> Format(const dtl::Args& args, Style style) {
  return dtl::MapValues(args, args[1], [&](const Value& value) -> Result<std::optional<Value>> {
    const auto uri = value.AsUri();
    if (!uri || !uri->starts_with(kScheme)) return std::optional<Value>();
    const auto number = ParseNumber(std::string(*uri), std::string(kNoRegion));
    if (!number) return std::optional<Value>();
    return std::optional(Value::String(args.arena().Copy(FormatNumber(*number, style))));
  });
}

Result<dtl::Eval> BindFormat(const dtl::Call& call) {
  if (!call.IsConstant(0)) {
    return dtl::Eval([](const dtl::Args& args) -> Result<Value> {
      const auto style = ParseStyle(FirstValue(args[0]).AsString().value_or(""));
      return style ? Format(args, *style) : Value::Null();
    });
  }
  const auto style = ParseStyle(call.Constant(0).AsString().value_or(""));
  if (!style) {
    return call.Fail(
        0,
        "expected e164, rfc3966, national, international, national-e164, isocode or country-code");
  }
  return dtl::Eval([style = *style](const dtl::Args& args) { return Format(args, style); });
}

}  // namespace

void AddPhonenumber(dtl::Catalogue& catalogue) {
  using enum dtl::Kind;
  catalogue.Add({
      .name = "phonenumber-parse",
      .chapter = "phonenumbers",
      .params = {{"DEFAULT_REGION", kString, 0, 1}, {"VALUES", kValues}},
      .doc = "Makes phone numbers, which are URIs as RFC 3966 writes them, of the strings and "
             "integers in VALUES. "
             "Numbers without a country code are read as DEFAULT_REGION (\"NO\") has them; without "
             "it, and where no "
             "number of a possible length is found, they are dropped.",
      .examples = {{R"(["phonenumber-parse", "+4722222222"])", R"("~rtel:+47-22-22-22-22")"},
                   {R"(["phonenumber-parse", "NO", "22225555"])", R"("~rtel:+47-22-22-55-55")"}},
      .eval = Parse,
  });
  catalogue.Add({
      .name = "phonenumber-format",
      .chapter = "phonenumbers",
      .params = {{"FORMAT_STRING", kString}, {"VALUES", kValues}},
      .doc = "Writes the phone numbers in VALUES as FORMAT_STRING says: e164 (digits only, without "
             "a plus), rfc3966, "
             "national, international, national-e164 (without the country code), isocode (the "
             "region) or "
             "country-code. What is no URI of the scheme tel is dropped.",
      .examples = {{R"(["phonenumber-format", "e164", "~rtel:+47-22-22-22-22"])",
                    R"("4722222222")"},
                   {R"(["phonenumber-format", "isocode", "~rtel:+47-22-22-22-22"])", R"("NO")"}},
      .bind = BindFormat,
  });
}

}  // namespace sluice::functions
