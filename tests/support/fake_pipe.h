// A pipe made of memory, for the tests of connectors.

#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/view.h"
#include "pipe/registry.h"
#include "value/json.h"

namespace sluice::test {

// A configuration document from JSON text.
class ConfigText {
 public:
  explicit ConfigText(std::string_view json) {
    JsonParser parser({.transit = Transit::kKeep});
    auto parsed = parser.Parse(json, arena_);
    EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : parsed.error().ToText());
    if (parsed.ok()) view_ = config::ConfigView(*parsed);
  }
  const config::ConfigView& view() const { return view_; }

 private:
  Arena arena_;
  config::ConfigView view_;
};

inline std::string EntityText(const Entity& entity) {
  std::string text;
  WriteEntityJson(entity, text);
  return text;
}

// Keeps what a receiver writes, as a dataset would.
class FakeInlet final : public pipe::Inlet {
 public:
  Result<pipe::WriteCounts> Write(pipe::Batch batch, std::optional<uint64_t> full_run,
                                  const Stop& stop) override {
    if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped");
    if (full_run && full_run != run_) return MakeError(Code::kConflict, "the full run has ended");
    if (fail_write) return *fail_write;
    const std::scoped_lock lock(mutex);
    batch_sizes.push_back(batch.entities.size());
    for (const Entity& entity : batch.entities) {
      const std::string id(entity.id());
      if (keep_text) entities[id] = EntityText(entity);
      if (entity.deleted) entities.erase(id);
      if (full_run) seen_.insert(id);
      ++written;
    }
    durable = false;
    return pipe::WriteCounts{.written = batch.entities.size()};
  }
  Result<uint64_t> BeginFullRun() override {
    seen_.clear();
    run_ = ++runs;
    return *run_;
  }
  Result<pipe::WriteCounts> FinishFullRun(uint64_t full_run, const Stop&) override {
    if (full_run != run_) return MakeError(Code::kConflict, "the full run has ended");
    std::erase_if(entities, [&](const auto& entity) { return !seen_.contains(entity.first); });
    run_.reset();
    return pipe::WriteCounts();
  }
  Result<void> AbortFullRun(uint64_t) override {
    run_.reset();
    return {};
  }
  Result<void> WaitDurable(const Stop&) override {
    durable = true;
    return {};
  }
  Result<std::string> LoadState() override { return state; }
  Result<void> StoreState(std::string_view text) override {
    if (fail_store) return *fail_store;
    state = text;
    return {};
  }

  std::mutex mutex;
  std::map<std::string, std::string> entities;
  std::vector<size_t> batch_sizes;
  uint64_t written = 0;
  uint64_t runs = 0;
  bool durable = true;
  bool keep_text = true;
  std::string state;
  std::optional<Error> fail_write;
  std::optional<Error> fail_store;

 private:
  std::optional<uint64_t> run_;
  std::set<std::string> seen_;
};

// Gives entities from JSON texts.
class FakeReader final : public pipe::SourceReader {
 public:
  FakeReader(std::vector<std::string> texts, std::optional<Error> failure)
      : texts_(std::move(texts)), failure_(std::move(failure)) {}
  Result<pipe::Batch> Next(size_t entities_max, const Stop&) override {
    pipe::Batch batch;
    JsonParser parser;
    while (at_ < texts_.size() && batch.entities.size() < entities_max) {
      auto parsed = parser.Parse(texts_[at_++], *batch.arena);
      if (!parsed.ok()) return parsed.TakeError();
      Entity& entity = batch.entities.emplace_back();
      entity.dict = *parsed;
      entity.deleted = parsed->Find("_deleted").IsTrue();
      entity.filtered = parsed->Find("_filtered").IsTrue();
    }
    if (batch.entities.empty() && failure_) return *failure_;
    return batch;
  }
  Value since() const override { return Value::Null(); }
  bool complete() const override { return at_ == texts_.size(); }

 private:
  std::vector<std::string> texts_;
  std::optional<Error> failure_;
  size_t at_ = 0;
};

class FakeOutlet final : public pipe::Outlet {
 public:
  Result<std::unique_ptr<pipe::SourceReader>> Open(const pipe::OpenRequest& request) override {
    since = ToJson(request.since);
    return std::unique_ptr<pipe::SourceReader>(std::make_unique<FakeReader>(texts, failure));
  }
  std::string generation() const override { return "gen-1"; }
  bool populated() const override { return is_populated; }
  pipe::Continuation continuation() const override { return {}; }
  std::optional<std::string> max_updated_json() const override { return "41"; }
  bool filtered() const override { return true; }
  std::optional<int64_t> completeness_us() const override { return 1633934725921188; }

  std::vector<std::string> texts;
  std::optional<Error> failure;
  bool is_populated = true;
  std::string since;  // Of the last Open, as JSON.
};

// What a publisher answered.
struct Published {
  std::optional<pipe::EndpointHead> head;
  std::string body;
  size_t pieces = 0;
  std::string error;  // Empty: none.

  std::string Header(std::string_view name) const {
    for (const auto& [header, value] : head->headers) {
      if (header == name) return value;
    }
    return {};
  }
};

inline Published Publish(pipe::Publisher& publisher, const pipe::EndpointRequest& request) {
  Published published;
  auto result = publisher.Publish(
      request,
      [&](const pipe::EndpointHead& head) -> Result<void> {
        published.head = head;
        return {};
      },
      [&](std::string_view bytes) -> Result<void> {
        published.body += bytes;
        ++published.pieces;
        return {};
      },
      Stop());
  if (!result.ok()) published.error = result.error().ToText();
  return published;
}

// A body in pieces of `step` bytes.
inline pipe::BodyReader InPieces(std::string_view text, size_t step) {
  return [text, step, at = size_t{0}]() mutable -> Result<std::string_view> {
    const std::string_view piece = text.substr(std::min(at, text.size()), step);
    at += step;
    return piece;
  };
}

// Systems by id.
class FakeSystems final : public pipe::Systems {
 public:
  Result<pipe::System*> Find(std::string_view id, const config::ConfigView& place) override {
    const auto found = systems.find(std::string(id));
    if (found == systems.end()) return place.Fail("there is no system \"{}\"", id);
    return found->second.get();
  }
  std::map<std::string, std::unique_ptr<pipe::System>> systems;
};

}  // namespace sluice::test
