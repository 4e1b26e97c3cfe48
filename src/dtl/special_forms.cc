#include "dtl/special_forms.h"

namespace sluice::dtl {
namespace {

void AddLogic(Catalogue& catalogue) {
  catalogue.Add(
      {.name = "and",
       .chapter = "boolean-logic",
       .params = {{"CONDITION", Kind::kBoolean, 1, -1}},
       .doc = "True if every condition is true. Conditions after the first false one are not "
              "evaluated.",
       .examples = {{R"(["and", true, "x"])", "true"}, {R"(["and", true, null, true])", "false"}},
       .special_form = true});
  catalogue.Add(
      {.name = "or",
       .chapter = "boolean-logic",
       .params = {{"CONDITION", Kind::kBoolean, 1, -1}},
       .doc =
           "True if any condition is true. Conditions after the first true one are not evaluated.",
       .examples = {{R"(["or", false, 1])", "true"}, {R"(["or", false, ["list"]])", "false"}},
       .special_form = true});
  catalogue.Add({.name = "not",
                 .chapter = "boolean-logic",
                 .params = {{"CONDITION", Kind::kBoolean, 1, -1}},
                 .doc = "The inverse of `and`: true if any condition is false.",
                 .examples = {{R"(["not", false])", "true"}, {R"(["not", true, true])", "false"}},
                 .special_form = true});
}

void AddConditionals(Catalogue& catalogue) {
  catalogue.Add({.name = "if",
                 .chapter = "conditionals",
                 .params = {{"CONDITION", Kind::kBoolean},
                            {"THEN", Kind::kValues},
                            {"ELSE", Kind::kValues, 0, 1}},
                 .doc = "THEN where the condition is true, otherwise ELSE, or null without ELSE. "
                        "Only the one that is "
                        "chosen is evaluated.",
                 .examples = {{R"(["if", ["eq", 1, 1], "yes", "no"])", R"("yes")"},
                              {R"(["if", false, 1])", "null"}},
                 .special_form = true});
  catalogue.Add(
      {.name = "case",
       .chapter = "conditionals",
       .params = {{"CONDITION", Kind::kBoolean},
                  {"THEN", Kind::kValues},
                  {"MORE", Kind::kValues, 0, -1}},
       .doc = "Pairs of a condition and a value, and at the end perhaps a value alone: the value "
              "of the first "
              "condition that is true, otherwise the last one, or null.",
       .examples = {{R"(["case", false, 1, true, 2, 3])", "2"}, {R"(["case", false, 1])", "null"}},
       .special_form = true});
  catalogue.Add({.name = "case-eq",
                 .chapter = "conditionals",
                 .params = {{"VALUE", Kind::kValues},
                            {"CANDIDATE", Kind::kValues},
                            {"THEN", Kind::kValues},
                            {"MORE", Kind::kValues, 0, -1}},
                 .doc =
                     "Compares VALUE as `eq` does with one candidate after the other and gives the "
                     "value that follows "
                     "the first equal one; otherwise the last value if it stands alone, or null.",
                 .examples = {{R"(["case-eq", "b", "a", 1, "b", 2])", "2"},
                              {R"(["case-eq", "c", "a", 1, 9])", "9"}},
                 .special_form = true});
  catalogue.Add({.name = "coalesce-args",
                 .chapter = "nulls",
                 .params = {{"VALUES", Kind::kValues, 1, -1}},
                 .doc = "The first argument that is not null; those behind it are not evaluated.",
                 .examples = {{R"(["coalesce-args", null, "a", "b"])", R"("a")"}},
                 .special_form = true});
}

void AddDictionaries(Catalogue& catalogue) {
  catalogue.Add(
      {.name = "path",
       .chapter = "dictionaries",
       .params = {{"NAMES", Kind::kValues}, {"VALUES", Kind::kValues}},
       .doc = "Follows property names, one or a list of them, from each dict in VALUES. What is no "
              "string among "
              "the names is left out. Through a list the result is a list.",
       .examples =
           {{R"(["path", "a", {"a": 1}])", "1"},
            {R"(["path", ["list", "a", "b"], ["list", {"a": {"b": 1}}, {"a": {"b": [2, 3]}}]])",
             "[1, 2, 3]"}},
       .special_form = true});
  catalogue.Add({.name = "apply",
                 .chapter = "dictionaries",
                 .params = {{"RULE", Kind::kConstant}, {"VALUES", Kind::kValues}},
                 .doc =
                     "Runs a rule on each value, which is its `_S`, and gives the targets. `_P` in "
                     "the rule is the frame "
                     "around the call. A value that the rule filters is left out; null stays null.",
                 .special_form = true});
  catalogue.Add({.name = "apply-hops",
                 .chapter = "dictionaries",
                 .params = {{"RULE", Kind::kConstant}, {"HOPS_SPEC", Kind::kAnyLiteral, 1, -1}},
                 .doc = "Hops, and runs a rule on each entity found. A rule that hops itself is "
                        "applied this way only.",
                 .special_form = true});
}

void AddHops(Catalogue& catalogue) {
  catalogue.Add(
      {.name = "hops",
       .chapter = "hops",
       .params = {{"HOPS_SPEC", Kind::kAnyLiteral, 1, -1}},
       .doc = "Joins the source entity with entities of other datasets and gives a list of those "
              "found. A spec "
              "names `datasets` with aliases, and in `where` how they join: an `eq` between two of "
              "them joins "
              "where any values are equal; everything else is a filter. Several specs are chained.",
       .purity = Purity::kContext,
       .special_form = true});
  catalogue.Add({.name = "lookup-entity",
                 .chapter = "hops",
                 .params = {{"DATASET", Kind::kConstant}, {"ENTITY_ID", Kind::kString}},
                 .doc = "The entity with this `_id` in a dataset, or null. Changes of that entity "
                        "are not tracked.",
                 .purity = Purity::kContext,
                 .special_form = true});
  catalogue.Add({.name = "lookup",
                 .chapter = "deprecations",
                 .params = {{"DATASETS", Kind::kValues, 0, 1}, {"REFERENCES", Kind::kValues}},
                 .doc = "Entities by ids in the datasets given, or by URIs of the form "
                        "sesam:DATASET/ID; each gets a "
                        "property `_dataset`.",
                 .purity = Purity::kContext,
                 .deprecated = "use lookup-entity",
                 .special_form = true});
}

void AddMisc(Catalogue& catalogue) {
  catalogue.Add({.name = "literal",
                 .chapter = "misc",
                 .params = {{"VALUE", Kind::kAnyLiteral}},
                 .doc = "Its argument as it is written, without evaluation.",
                 .examples = {{R"(["literal", "_S.foo"])", R"("_S.foo")"},
                              {R"(["literal", ["upper", "hello"]])", R"(["upper", "hello"])"}},
                 .special_form = true});
  catalogue.Add(
      {.name = "tuples",
       .chapter = "misc",
       .params = {{"VALUES", Kind::kValues, 0, -1}},
       .doc = "The product of the values of its arguments, as a list of tuples; nulls are left "
              "out. Used for "
              "joins on several properties.",
       .examples = {{R"(["tuples", ["list", 1, 2], ["list", 3, null]])", "[[1, 3], [2, 3]]"},
                    {R"(["tuples"])", "[]"}},
       .special_form = true});
  catalogue.Add({.name = "is-changed",
                 .chapter = "misc",
                 .params = {{"FUNCTION", Kind::kFunction}},
                 .doc = "Whether the expression differs between this version of the source entity "
                        "and the one before. Null "
                        "without a version before; true if either is deleted.",
                 .examples = {{R"(["is-changed", "_.a"])", "null"}},
                 .purity = Purity::kContext,
                 .special_form = true});
  catalogue.Add(
      {.name = "completeness",
       .chapter = "misc",
       .params = {{"VIA_DATASET", Kind::kConstant}, {"DATASET", Kind::kConstant}},
       .doc =
           "The completeness of a dataset as the writer of another one has seen it last, or null.",
       .examples = {{R"(["completeness", "a", "b"])", "null"}},
       .purity = Purity::kContext,
       .special_form = true});
}

}  // namespace

void AddSpecialForms(Catalogue& catalogue) {
  AddLogic(catalogue);
  AddConditionals(catalogue);
  AddDictionaries(catalogue);
  AddHops(catalogue);
  AddMisc(catalogue);
  AddTransforms(catalogue);
}

}  // namespace sluice::dtl
