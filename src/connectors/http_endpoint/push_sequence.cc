#include "connectors/http_endpoint/push_sequence.h"

#include "value/json.h"
#include "value/value.h"

namespace sluice::connectors {
namespace {

Result<bool> ReadFlag(const pipe::EndpointRequest& request, std::string_view name) {
  const std::string_view text = request.Parameter(name);
  if (text.empty() || text == "false" || text == "False" || text == "0") return false;
  if (text == "true" || text == "True" || text == "1") return true;
  return MakeError(Code::kBadRequest, "expected \"{}\" to be true or false, found \"{}\"", name,
                   text);
}

Error Busy() {
  return MakeError(Code::kConflict, "another request of a full sync is being received");
}

}  // namespace

Result<PushParameters> ReadPushParameters(const pipe::EndpointRequest& request) {
  PushParameters parameters;
  parameters.sequence_id = request.Parameter("sequence_id");
  parameters.request_id = request.Parameter("request_id");
  parameters.previous_request_id = request.Parameter("previous_request_id");
  SLUICE_TRY(parameters.is_full, ReadFlag(request, "is_full"));
  SLUICE_TRY(parameters.is_first, ReadFlag(request, "is_first"));
  SLUICE_TRY(parameters.is_last, ReadFlag(request, "is_last"));
  return parameters;
}

Result<void> PushSequence::Claim() {
  const std::scoped_lock lock(mutex_);
  if (busy_) return Busy();
  busy_ = true;
  return {};
}

Result<uint64_t> PushSequence::Enter(const PushParameters& parameters) {
  SLUICE_TRY(Claim());
  auto entered = [&]() -> Result<void> {
    SLUICE_TRY(Load());
    SLUICE_TRY(Check(parameters));
    return GoesOn(parameters) ? Result<void>() : Begin(parameters);
  }();
  if (!entered.ok()) {
    Fail();
    return entered.TakeError();
  }
  return active_->full_run;
}

// Without a sequence id `is_first` is all there is to tell a new sequence.
bool PushSequence::GoesOn(const PushParameters& parameters) const {
  if (!active_ || active_->sequence_id != parameters.sequence_id) return false;
  return !parameters.sequence_id.empty() || !parameters.is_first;
}

Result<void> PushSequence::Check(const PushParameters& parameters) const {
  const bool goes_on = GoesOn(parameters);
  if (goes_on && active_->requests > 0 && parameters.is_first) {
    return MakeError(Code::kConflict,
                     "is_first is true, but the sequence \"{}\" has had {} request(s) already",
                     parameters.sequence_id, active_->requests);
  }
  const std::string& previous = goes_on ? active_->last_request_id : std::string();
  if (parameters.previous_request_id != previous) {
    return MakeError(Code::kConflict,
                     "expected the previous_request_id \"{}\" in the sequence \"{}\", found \"{}\"",
                     previous, parameters.sequence_id, parameters.previous_request_id);
  }
  return {};
}

Result<void> PushSequence::Begin(const PushParameters& parameters) {
  {
    const std::scoped_lock lock(mutex_);
    if (!parameters.sequence_id.empty() && parameters.sequence_id == incremental_id_) {
      return MakeError(Code::kConflict,
                       "is_full is true, but it was false earlier in the sequence \"{}\"",
                       parameters.sequence_id);
    }
  }
  SLUICE_TRY(const uint64_t full_run, inlet_.BeginFullRun());
  active_ = Active{.sequence_id = parameters.sequence_id, .full_run = full_run};
  auto stored = inlet_.StoreState(Write(active_));
  if (stored.ok()) return {};
  active_.reset();
  // The run has seen nothing yet; what became of forgetting it does not change the answer.
  (void)inlet_.AbortFullRun(full_run);
  return stored;
}

Result<void> PushSequence::Accept(const PushParameters& parameters) {
  if (parameters.is_last) {
    active_.reset();
  } else {
    ++active_->requests;
    active_->last_request_id = parameters.request_id;
  }
  auto stored = inlet_.StoreState(Write(active_));
  // What is kept is older than what is here: read it again, so that both say the same.
  if (!stored.ok()) loaded_ = false;
  Fail();
  return stored;
}

void PushSequence::Fail() {
  const std::scoped_lock lock(mutex_);
  busy_ = false;
}

Result<void> PushSequence::EnterIncremental(const PushParameters& parameters) {
  if (parameters.sequence_id.empty()) return {};
  const std::scoped_lock lock(mutex_);
  // While a full request is being received its owner may change `active_`.
  if (busy_) return {};
  if (active_ && active_->sequence_id == parameters.sequence_id) {
    return MakeError(Code::kConflict,
                     "is_full is false, but it was true earlier in the sequence \"{}\"",
                     parameters.sequence_id);
  }
  incremental_id_ = parameters.sequence_id;
  return {};
}

Result<void> PushSequence::Load() {
  if (loaded_) return {};
  SLUICE_TRY(const std::string state, inlet_.LoadState());
  SLUICE_TRY(active_, Read(state));
  loaded_ = true;
  return {};
}

std::string PushSequence::Write(const std::optional<Active>& active) {
  if (!active) return {};
  std::string state = "{\"sequence_id\":";
  WriteJsonString(active->sequence_id, state);
  state += ",\"last_request_id\":";
  WriteJsonString(active->last_request_id, state);
  state += fmt::format(",\"full_run\":{},\"requests\":{}}}", active->full_run, active->requests);
  return state;
}

Result<std::optional<PushSequence::Active>> PushSequence::Read(const std::string& state) {
  if (state.empty()) return std::optional<Active>();
  Arena arena;
  JsonParser parser({.transit = Transit::kKeep});
  SLUICE_TRY(const Value value, parser.Parse(state, arena));
  const auto id = value.Find("sequence_id").AsString();
  const auto last = value.Find("last_request_id").AsString();
  const auto run = value.Find("full_run").AsInteger();
  const auto requests = value.Find("requests").AsInteger();
  if (!id || !last || !run || !requests) {
    return MakeError(Code::kCorrupt, "the receiver's stored state is not one: {}", state);
  }
  return std::optional(Active{.sequence_id = std::string(*id),
                              .full_run = static_cast<uint64_t>(*run),
                              .requests = static_cast<uint64_t>(*requests),
                              .last_request_id = std::string(*last)});
}

}  // namespace sluice::connectors
