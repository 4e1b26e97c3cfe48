#include "pipe/registry.h"

namespace sluice::pipe {
namespace {

// Commits each batch.
class DirectWriter final : public InletWriter {
 public:
  DirectWriter(Inlet& inlet, std::optional<uint64_t> full_run)
      : inlet_(inlet), full_run_(full_run) {}

  Result<void> Write(Batch batch, const Stop& stop) override {
    const size_t count = batch.entities.size();
    SLUICE_TRY(inlet_.Write(std::move(batch), full_run_, stop));
    stored_ += count;
    return {};
  }
  Result<void> Flush(const Stop&) override { return {}; }
  uint64_t stored() const override { return stored_; }

 private:
  Inlet& inlet_;
  const std::optional<uint64_t> full_run_;
  uint64_t stored_ = 0;
};

}  // namespace

std::unique_ptr<InletWriter> Inlet::OpenWriter(std::optional<uint64_t> full_run) {
  return std::make_unique<DirectWriter>(*this, full_run);
}

namespace {

template <class Type>
void AddTo(std::map<std::string, Type, std::less<>>& types, Type type) {
  std::string name = type.type;
  const bool is_new = types.emplace(std::move(name), std::move(type)).second;
  SLUICE_CHECK(is_new);
}

template <class Type>
const Type* FindIn(const std::map<std::string, Type, std::less<>>& types, std::string_view type) {
  const auto found = types.find(type);
  return found == types.end() ? nullptr : &found->second;
}

}  // namespace

void Registry::AddSource(SourceType type) { AddTo(sources_, std::move(type)); }
void Registry::AddSink(SinkType type) { AddTo(sinks_, std::move(type)); }
void Registry::AddTransform(TransformType type) { AddTo(transforms_, std::move(type)); }
void Registry::AddSystem(SystemType type) { AddTo(systems_, std::move(type)); }

const SourceType* Registry::FindSource(std::string_view type) const {
  return FindIn(sources_, type);
}
const SinkType* Registry::FindSink(std::string_view type) const { return FindIn(sinks_, type); }
const TransformType* Registry::FindTransform(std::string_view type) const {
  return FindIn(transforms_, type);
}
const SystemType* Registry::FindSystem(std::string_view type) const {
  return FindIn(systems_, type);
}

}  // namespace sluice::pipe
