#include "pipe/merge/rules.h"

#include <algorithm>
#include <optional>

#include "value/json.h"

namespace sluice::pipe::merge {

// Collects what is wrong, so that all of it is told at once.
class Rules::Reader {
 public:
  Reader(Rules& rules, const MakeContext& context)
      : rules_(rules),
        context_(context),
        options_{.pipe_id = context.pipe_id, .namespaces = context.namespaces},
        issues_(context.issues ? *context.issues : own_) {}

  Result<void> Read(const config::ConfigView& source) {
    ReadDatasets(source["datasets"]);
    const config::ConfigView equality = source["equality"];
    for (size_t i = 0; i < equality.value().count(); ++i) ReadEquality(equality[i]);
    const config::ConfigView sets = source["equality_sets"];
    for (size_t i = 0; i < sets.value().count(); ++i) ReadSet(sets[i]);
    if (error_) return std::move(*error_);
    return {};
  }

 private:
  void Fail(Error error, bool is_listed = false) {
    if (!is_listed) issues_.AddError(error);
    if (!error_) error_ = std::move(error);
  }

  void ReadDatasets(const config::ConfigView& list) {
    if (list.value().count() == 0) Fail(list.Fail("expected at least one \"DATASET ALIAS\""));
    for (size_t i = 0; i < list.value().count(); ++i) {
      auto read = dtl::ReadAliasedDataset(list[i]);
      if (!read.ok()) {
        Fail(read.error());
        continue;
      }
      for (const dtl::AliasedDataset& known : rules_.datasets_) {
        if (known.dataset == read->dataset) {
          Fail(list[i].Fail("the dataset \"{}\" is there already", read->dataset));
        }
        if (known.alias == read->alias) {
          Fail(list[i].Fail("the alias \"{}\" is there already", read->alias));
        }
      }
      if (context_.dataset_exists && !context_.dataset_exists(read->dataset)) {
        issues_.Warn(list[i].pointer(),
                     fmt::format("there is no dataset \"{}\" yet", read->dataset));
      }
      rules_.datasets_.push_back(*std::move(read));
    }
  }

  std::optional<Side> ReadSide(const config::ConfigView& expression) {
    auto read = dtl::CompileAliasedKey(expression, rules_.datasets_, *context_.catalogue, options_,
                                       issues_);
    if (!read.ok()) {
      Fail(read.error(), /*is_listed=*/true);
      return std::nullopt;
    }
    return Side{.dataset = read->dataset, .key = read->key, .text = ToJson(expression.value())};
  }

  void ReadEquality(const config::ConfigView& rule) {
    const Value& value = rule.value();
    if (value.count() != 3 || value.At(0).AsString() != "eq") {
      return Fail(rule.Fail("expected [\"eq\", EXPRESSION, EXPRESSION], found {}",
                            ToJson(value).substr(0, 100)));
    }
    auto left = ReadSide(rule[1]);
    auto right = ReadSide(rule[2]);
    if (!left || !right) return;
    if (left->dataset == right->dataset) {
      return Fail(rule.Fail("both sides read \"{}\": an equality joins two datasets",
                            rules_.datasets_[left->dataset].alias));
    }
    Rule read{.sides = {}, .text = ToJson(value)};
    read.sides.push_back(*std::move(left));
    read.sides.push_back(*std::move(right));
    rules_.rules_.push_back(std::move(read));
  }

  void ReadSet(const config::ConfigView& set) {
    if (!set.value().IsList() || set.value().count() == 0) {
      return Fail(set.Fail("expected a list of expressions, found {}", set.Describe()));
    }
    Rule read{.sides = {}, .text = ToJson(set.value())};
    for (size_t i = 0; i < set.value().count(); ++i) {
      if (auto side = ReadSide(set[i])) read.sides.push_back(*std::move(side));
    }
    const auto reads_another = [&](const Side& side) {
      return side.dataset != read.sides.front().dataset;
    };
    if (!read.sides.empty() && std::ranges::none_of(read.sides, reads_another)) {
      issues_.Warn(set.pointer(), "this set reads one dataset only: it joins nothing");
    }
    Add(std::move(read));
  }

  // Sets that share an expression are one.
  void Add(Rule set) {
    for (size_t i = 0; i < sets_.size();) {
      Rule& known = rules_.rules_[sets_[i]];
      if (!Share(known, set)) {
        ++i;
        continue;
      }
      for (Side& side : known.sides) {
        if (!Has(set, side)) set.sides.push_back(std::move(side));
      }
      set.text = known.text + " and " + set.text;
      rules_.rules_.erase(rules_.rules_.begin() + static_cast<ptrdiff_t>(sets_[i]));
      sets_.erase(sets_.begin() + static_cast<ptrdiff_t>(i));
      for (size_t k = i; k < sets_.size(); ++k) --sets_[k];
    }
    sets_.push_back(rules_.rules_.size());
    rules_.rules_.push_back(std::move(set));
  }

  static bool Has(const Rule& rule, const Side& side) {
    return std::ranges::any_of(rule.sides, [&](const Side& other) {
      return other.dataset == side.dataset && other.key->expression() == side.key->expression();
    });
  }
  static bool Share(const Rule& a, const Rule& b) {
    return std::ranges::any_of(a.sides, [&](const Side& side) { return Has(b, side); });
  }

  Rules& rules_;
  const MakeContext& context_;
  const dtl::CompileOptions options_;
  config::Issues own_;
  config::Issues& issues_;
  std::vector<size_t> sets_;  // Which of the rules are sets, ascending.
  std::optional<Error> error_;
};

bool IsBlank(const Value& value) {
  if (!value.IsString()) return false;
  return value.text().find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
}

Result<Rules> Rules::Read(const config::ConfigView& source, const MakeContext& context) {
  Rules rules;
  SLUICE_TRY(Reader(rules, context).Read(source));
  rules.Finish();
  return rules;
}

void Rules::Finish() {
  uses_.resize(datasets_.size());
  for (const auto& dataset : datasets_) fingerprint_ += dataset.dataset + '\n';
  for (size_t r = 0; r < rules_.size(); ++r) {
    fingerprint_ += "rule\n";
    for (size_t s = 0; s < rules_[r].sides.size(); ++s) {
      Side& side = rules_[r].sides[s];
      fingerprint_ += fmt::format("{} {}\n", side.dataset, side.key->expression());
      auto& uses = uses_[side.dataset];
      const auto known = std::ranges::find_if(uses, [&](const Use& use) {
        return keys_[use.key]->expression() == side.key->expression();
      });
      if (known != uses.end()) {
        side.key = keys_[known->key];
        known->sides.emplace_back(r, s);
      } else {
        uses.push_back({.key = keys_.size(), .sides = {{r, s}}});
        keys_.push_back(side.key);
      }
    }
  }
}

std::vector<RuleKey> Rules::KeysOf(size_t dataset, const Entity& entity, Arena& arena,
                                   KeyCounts* counts) const {
  std::vector<RuleKey> found;
  for (const Use& use : uses_[dataset]) {
    for (const Value& value : keys_[use.key]->Keys(entity, arena)) {
      if (IsBlank(value)) {
        if (counts) ++counts->blank_values;
        continue;
      }
      for (const auto& [rule, side] : use.sides) {
        found.push_back({.rule = rule, .side = side, .value = value});
      }
    }
  }
  if (counts) {
    ++counts->entities;
    if (found.empty() && !uses_[dataset].empty()) ++counts->without_any;
  }
  return found;
}

}  // namespace sluice::pipe::merge
