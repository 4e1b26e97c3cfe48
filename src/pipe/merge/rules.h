// Rules: what makes entities of several datasets the same (configuration-sources-merge.rst).

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/view.h"
#include "dtl/aliased_key.h"
#include "pipe/registry.h"
#include "storage/store.h"
#include "value/value.h"

namespace sluice::pipe::merge {

// One expression over one dataset.
struct Side {
  size_t dataset = 0;
  std::shared_ptr<const dtl::IndexedKey> key;
  std::string text;  // As it was written, for people.
};

// Entities are the same that have a value in common, where entities of two datasets at least have
// it: an `eq` of two expressions, or a set of `equality_sets`, whose expressions join each other.
struct Rule {
  std::vector<Side> sides;
  std::string text;
};

// What the values of entities were good for; see Rules::KeysOf.
struct KeyCounts {
  uint64_t entities = 0;      // Live ones.
  uint64_t without_any = 0;   // Those that no rule gives a value for.
  uint64_t blank_values = 0;  // Texts of nothing but white space: they join nothing.

  void Add(const KeyCounts& other) {
    entities += other.entities;
    without_any += other.without_any;
    blank_values += other.blank_values;
  }
};

// One value of an entity under a rule.
struct RuleKey {
  size_t rule = 0;
  size_t side = 0;
  Value value;
};

// Immutable; may be used by any thread.
class Rules {
 public:
  // Reads `datasets`, `equality` and `equality_sets` of a merge source. Everything that is wrong
  // goes to the context's issues; the first error comes back.
  static Result<Rules> Read(const config::ConfigView& source, const MakeContext& context);

  const std::vector<dtl::AliasedDataset>& datasets() const { return datasets_; }
  const std::vector<Rule>& rules() const { return rules_; }
  // All that the rules look entities up by, each once.
  const std::vector<std::shared_ptr<const dtl::IndexedKey>>& keys() const { return keys_; }
  // Changes when the same data may be grouped in another way.
  const std::string& fingerprint() const { return fingerprint_; }

  // The values of a live entity that may join; null and blank ones are left out. They lie in the
  // arena.
  std::vector<RuleKey> KeysOf(size_t dataset, const Entity& entity, Arena& arena,
                              KeyCounts* counts = nullptr) const;

 private:
  class Reader;

  // One expression of a dataset, and where the rules use it.
  struct Use {
    size_t key;
    std::vector<std::pair<size_t, size_t>> sides;  // Rule and side.
  };

  void Finish();

  std::vector<dtl::AliasedDataset> datasets_;
  std::vector<Rule> rules_;
  std::vector<std::shared_ptr<const dtl::IndexedKey>> keys_;
  std::vector<std::vector<Use>> uses_;  // By dataset.
  std::string fingerprint_;
};

// Whether a text holds nothing but white space, or nothing.
bool IsBlank(const Value& value);

}  // namespace sluice::pipe::merge
