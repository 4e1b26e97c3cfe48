// The catalogue entries of transforms. An example is a transform; its result is the target of a
// rule that holds it alone, run on the example's source.

#include "dtl/special_forms.h"

namespace sluice::dtl {

namespace {

Function Transform(std::string_view name, std::vector<Param> params, std::string_view doc,
                   std::vector<Example> examples) {
  return {.name = name,
          .chapter = "transforms",
          .params = std::move(params),
          .doc = doc,
          .examples = std::move(examples),
          .special_form = true,
          .transform = true};
}

void AddWriting(Catalogue& catalogue) {
  catalogue.Add(Transform("add", {{"PROPERTY", Kind::kString}, {"VALUES", Kind::kValues}},
                          "Writes a property of the target, whatever was there. PROPERTY may be an "
                          "expression that gives "
                          "one name or several. A null `_id` is not written.",
                          {{R"(["add", "n", 1])", R"({"_id": "1", "n": 1})", R"({"_id": "1"})"}}));
  catalogue.Add(Transform(
      "add-if",
      {{"PROPERTY", Kind::kString},
       {"CONDITION", Kind::kFunction, 0, 1},
       {"VALUES", Kind::kValues}},
      "Writes a property as `add` does if the condition holds, `_` being the value; without a "
      "condition, if the value is not null.",
      {{R"(["add-if", "n", "_S.missing"])", R"({"_id": "1"})", R"({"_id": "1"})"}}));
  catalogue.Add(Transform("default", {{"PROPERTY", Kind::kString}, {"VALUES", Kind::kValues}},
                          "Writes a property as `add` does, unless the target has it.",
                          {{R"(["default", "_id", "2"])", R"({"_id": "1"})", R"({"_id": "1"})"}}));
  catalogue.Add(Transform(
      "rename", {{"PROPERTY1", Kind::kString}, {"PROPERTY2", Kind::kString}},
      "Copies a property of the source to the target under another name; a property that is "
      "missing "
      "is left out.",
      {{R"(["rename", "a", "b"])", R"({"_id": "1", "b": 2})", R"({"_id": "1", "a": 2})"}}));
  catalogue.Add(Transform("make-ni",
                          {{"NAMESPACE", Kind::kConstant},
                           {"FROM_PROPERTY", Kind::kConstant},
                           {"TO_PROPERTY", Kind::kConstant, 0, 1}},
                          "Writes the strings and integers of a property of the source as "
                          "namespaced identifiers. The property written is "
                          "TO_PROPERTY, or FROM_PROPERTY with `-ni` behind it.",
                          {{R"(["make-ni", "hr", "boss"])", R"({"_id": "1", "boss-ni": "~:hr:7"})",
                            R"({"_id": "1", "boss": "7"})"}}));
}

void AddCopying(Catalogue& catalogue) {
  catalogue.Add(Transform(
      "copy", {{"INCLUDE", Kind::kWildcard}, {"EXCLUDE", Kind::kWildcard, 0, 1}},
      "Copies the properties of the source that match a pattern of INCLUDE and none of EXCLUDE.",
      {{R"(["copy", "a*", "ab"])", R"({"_id": "1", "a": 1})",
        R"({"_id": "1", "a": 1, "ab": 2, "b": 3})"}}));
  catalogue.Add(Transform("remove", {{"PROPERTY", Kind::kWildcard}},
                          "Removes the properties of the target that match a pattern. The `_id` is "
                          "removed by its own name "
                          "only.",
                          {{R"(["remove", "*"])", R"({"_id": "1"})", R"({"_id": "1"})"}}));
  catalogue.Add(Transform(
      "merge", {{"VALUES", Kind::kValues}},
      "Writes the properties of each dict in VALUES to the target, later ones over earlier ones. "
      "Names that begin with an underscore are left out.",
      {{R"(["merge", ["list", {"a": 1}, {"a": 2, "b": 3}]])", R"({"_id": "1", "a": 2, "b": 3})",
        R"({"_id": "1"})"}}));
  catalogue.Add(Transform(
      "merge-union", {{"VALUES", Kind::kValues}},
      "As `merge`, but a property that the target has becomes the list of all different values.",
      {{R"(["merge-union", ["list", {"a": 1}, {"a": 2, "b": 3}]])",
        R"({"_id": "1", "a": [1, 2], "b": 3})", R"({"_id": "1"})"}}));
}

void AddEmitting(Catalogue& catalogue) {
  catalogue.Add(
      Transform("create", {{"VALUES", Kind::kValues}},
                "Emits each entity in VALUES beside the target. They need a string `_id`.", {}));
  catalogue.Add(Transform("create-child", {{"VALUES", Kind::kValues}},
                          "Adds each entity in VALUES to the property `$children` of the target.",
                          {{R"(["create-child", {"_id": "c"}])",
                            R"({"_id": "1", "$children": [{"_id": "c"}]})", R"({"_id": "1"})"}}));
  catalogue.Add(Transform("filter", {{"UNLESS_CONDITION", Kind::kBoolean, 0, 1}},
                          "Ends the rule and lets the target go unless the condition holds; a "
                          "dataset deletes what it had. "
                          "In an applied rule the value is left out.",
                          {{R"(["filter", ["eq", 1, 1]])", R"({"_id": "1"})", R"({"_id": "1"})"}}));
  catalogue.Add(Transform("discard", {{"UNLESS_CONDITION", Kind::kBoolean, 0, 1}},
                          "As `filter`, but nothing is told to the sink: what it had stays.",
                          {{R"(["discard", true])", R"({"_id": "1"})", R"({"_id": "1"})"}}));
}

void AddControl(Catalogue& catalogue) {
  catalogue.Add(
      Transform("if",
                {{"CONDITION", Kind::kBoolean},
                 {"THEN", Kind::kTransforms},
                 {"ELSE", Kind::kTransforms, 0, 1}},
                "Runs the transforms of THEN where the condition is true, otherwise those of ELSE.",
                {{R"(["if", true, ["add", "a", 1], ["add", "b", 2]])", R"({"_id": "1", "a": 1})",
                  R"({"_id": "1"})"}}));
  catalogue.Add(Transform("case",
                          {{"CONDITION", Kind::kBoolean},
                           {"THEN", Kind::kTransforms},
                           {"MORE", Kind::kTransforms, 0, -1}},
                          "Pairs of a condition and transforms, and at the end perhaps transforms "
                          "alone: runs those of the "
                          "first condition that is true, otherwise the last ones.",
                          {{R"(["case", false, ["add", "a", 1], ["add", "a", 2]])",
                            R"({"_id": "1", "a": 2})", R"({"_id": "1"})"}}));
  catalogue.Add(Transform("case-eq",
                          {{"VALUE", Kind::kValues},
                           {"CANDIDATE", Kind::kValues},
                           {"THEN", Kind::kTransforms},
                           {"MORE", Kind::kTransforms, 0, -1}},
                          "Runs the transforms behind the first candidate that equals VALUE, "
                          "otherwise the last ones if "
                          "they stand alone.",
                          {{R"(["case-eq", "x", "x", ["add", "a", 1]])", R"({"_id": "1", "a": 1})",
                            R"({"_id": "1"})"}}));
  catalogue.Add(Transform(
      "comment", {{"COMMENTS", Kind::kAnyLiteral, 0, -1}},
      "Does nothing. What it holds is not looked at.",
      {{R"(["comment", "why", ["add", "a", 1]])", R"({"_id": "1"})", R"({"_id": "1"})"}}));
  catalogue.Add(
      Transform("fail!", {{"MESSAGE", Kind::kString}}, "Fails the pump with a message.", {}));
  catalogue.Add(Transform(
      "trip!", {{"MESSAGE", Kind::kString}},
      "Fails the pump with a message and trips the circuit breaker of the sink's dataset.", {}));
  catalogue.Add(Transform("sleep!", {{"SECONDS", Kind::kConstantInteger}}, "Waits.",
                          {{R"(["sleep!", 0])", R"({"_id": "1"})", R"({"_id": "1"})"}}));
}

}  // namespace

void AddTransforms(Catalogue& catalogue) {
  AddWriting(catalogue);
  AddCopying(catalogue);
  AddEmitting(catalogue);
  AddControl(catalogue);
}

}  // namespace sluice::dtl
