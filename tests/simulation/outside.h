// What lies outside a simulated hub: a system that is read and one that is written, both of which
// fail, tear and dawdle by seed. On one thread.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "pipe/hub_testing.h"

namespace sluice::pipe::testing {

struct Outside {
  explicit Outside(uint64_t seed) : random(seed) {}

  SeededRandom random;
  std::vector<std::string> source;          // JSON of entities, in the order they were changed.
  std::map<std::string, std::string> held;  // What the target holds, by id, as sorted JSON.
  uint64_t calls = 0;                       // That the target has acknowledged.
  // One call in so many fails; 0: none. A read fails after some entities, a write after the target
  // has taken some, or all, of the batch.
  uint64_t fail_one_in = 0;
  // Refused so many more times, by id, as bad data.
  std::map<std::string, int> refusals;
  // How long a call takes.
  std::function<void()> dawdle = [] {};
  // False: the hub that calls has lost its power, so nothing comes out of it any more.
  std::function<bool()> alive = [] { return true; };

  bool FailsNow() { return fail_one_in != 0 && random.Below(fail_one_in) == 0; }
};

class OutsideReader final : public SourceReader {
 public:
  OutsideReader(Outside& outside, std::optional<int64_t> since)
      : outside_(outside), next_(since ? static_cast<size_t>(*since + 1) : 0) {}

  Result<Batch> Next(size_t entities_max, const Stop&) override {
    outside_.dawdle();
    // Torn: what came before the failure came, the rest did not.
    if (torn_) return MakeError(Code::kUnavailable, "the source went away in the middle");
    if (outside_.FailsNow()) {
      if (outside_.random.Below(2) == 0) return MakeError(Code::kUnavailable, "the source is away");
      entities_max = outside_.random.Below(entities_max);
      torn_ = true;
      if (entities_max == 0) return MakeError(Code::kUnavailable, "the source gave nothing");
    }
    Batch batch;
    JsonParser parser;
    for (; batch.entities.size() < entities_max && next_ < outside_.source.size(); ++next_) {
      Entity& entity = batch.entities.emplace_back();
      entity.dict = Ok(parser.Parse(outside_.source[next_], *batch.arena));
      entity.updated = Value::Integer(static_cast<int64_t>(next_));
      entity.deleted = entity.dict.Find("_deleted").IsTrue();
    }
    if (batch.entities.empty() && torn_)
      return MakeError(Code::kUnavailable, "the source went away at the end");
    ended_ = batch.entities.empty();
    return batch;
  }
  Value since() const override {
    return next_ > 0 ? Value::Integer(static_cast<int64_t>(next_ - 1)) : Value::Null();
  }
  bool complete() const override { return ended_; }

 private:
  Outside& outside_;
  size_t next_;
  bool torn_ = false;
  bool ended_ = false;
};

class OutsideSource final : public Source {
 public:
  explicit OutsideSource(Outside& outside) : outside_(outside) {}
  Continuation continuation() const override {
    return {.supports_since = true, .is_chronological = true};
  }
  Result<std::unique_ptr<SourceReader>> Open(const OpenRequest& request) override {
    return std::make_unique<OutsideReader>(outside_, request.since.AsInteger());
  }

 private:
  Outside& outside_;
};

class OutsideWriter final : public SinkWriter {
 public:
  explicit OutsideWriter(Outside& outside) : outside_(outside) {}

  Result<WriteCounts> Write(const Batch& batch, const Checkpoint&, const Stop&) override {
    outside_.dawdle();
    if (!outside_.alive()) return MakeError(Code::kUnavailable, "nobody is there to send");
    for (const Entity& entity : batch.entities) {
      auto refusal = outside_.refusals.find(std::string(entity.id()));
      if (refusal == outside_.refusals.end() || refusal->second == 0) continue;
      if (batch.entities.size() == 1) --refusal->second;
      return MakeError(Code::kBadData, "refused {}", entity.id());
    }
    const bool fails = outside_.FailsNow();
    // Torn: some were taken; or all, and the answer was lost.
    size_t taken = batch.entities.size();
    if (fails) taken = outside_.random.Below(taken + 1);
    for (size_t i = 0; i < taken; ++i) Take(batch.entities[i]);
    if (fails) return MakeError(Code::kUnavailable, "the target went away");
    ++outside_.calls;
    return WriteCounts{.written = taken};
  }
  Result<WriteCounts> Finish(bool, const Checkpoint&, const Stop&) override {
    return WriteCounts{};
  }
  void Abort() override {}

 private:
  void Take(const Entity& entity) {
    const std::string id(entity.id());
    if (entity.deleted) {
      outside_.held.erase(id);
    } else {
      outside_.held[id] = TextOf(entity.dict);
    }
  }

  Outside& outside_;
};

class OutsideSink final : public Sink {
 public:
  explicit OutsideSink(Outside& outside) : outside_(outside) {}
  Result<std::unique_ptr<SinkWriter>> Open(RunKind, const Stop&) override {
    return std::make_unique<OutsideWriter>(outside_);
  }

 private:
  Outside& outside_;
};

}  // namespace sluice::pipe::testing
