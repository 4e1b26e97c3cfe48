#include "storage/synced_mark.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <array>
#include <cerrno>

#include "base/check.h"
#include "storage/codec.h"
#include "storage/file_copy.h"

namespace sluice::storage {
namespace {

// Room for the most journals, with their names.
constexpr size_t kMarkBytes = 4'096;
constexpr uint8_t kVersion = 2;  // The first held a sequence and its hash alone.

uint64_t HashOf(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::string Encode(const SyncedState& state) {
  std::string body;
  AppendFixed(kVersion, body);
  AppendFixed(state.sequence, body);
  AppendVarint(state.journals.size(), body);
  for (const auto& journal : state.journals) {
    AppendBytes(journal.name, body);
    AppendFixed(journal.bytes, body);
    AppendFixed(journal.hash, body);
  }
  std::string out;
  AppendFixed(HashOf(body), out);
  AppendBytes(body, out);
  SLUICE_CHECK(out.size() <= kMarkBytes);
  return out;
}

std::optional<SyncedState> Decode(std::string_view bytes) {
  FieldReader fields(bytes);
  const auto hash = fields.Fixed<uint64_t>();
  const auto body = fields.Bytes();
  if (!fields.ok() || hash != HashOf(body)) return std::nullopt;
  FieldReader its(body);
  if (its.Fixed<uint8_t>() != kVersion) return std::nullopt;
  SyncedState state;
  state.sequence = its.Fixed<uint64_t>();
  const auto count = its.Varint();
  for (uint64_t i = 0; i < count && its.ok(); ++i) {
    auto& journal = state.journals.emplace_back();
    journal.name = its.Bytes();
    journal.bytes = its.Fixed<uint64_t>();
    journal.hash = its.Fixed<uint64_t>();
  }
  if (!its.done()) return std::nullopt;
  return state;
}

std::optional<SyncedState> DecodeFirstVersion(std::string_view bytes) {
  FieldReader fields(bytes);
  const auto sequence = fields.Fixed<uint64_t>();
  const auto hash = fields.Fixed<uint64_t>();
  if (!fields.ok() || hash != HashOf(bytes.substr(0, sizeof sequence))) return std::nullopt;
  return SyncedState{.sequence = sequence, .journals = {}};
}

}  // namespace

Result<SyncedMark> SyncedMark::Open(const std::string& folder) {
  const std::string path = folder + "/SYNCED";
  SyncedMark mark;
  mark.path_ = path;
  mark.file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (mark.file_ < 0) return DiskError("opening", path);
  // Takes its place on the disk now, so that a disk that is full later does not fail a sync.
  struct stat facts;
  if (fstat(mark.file_, &facts) != 0) return DiskError("looking at", path);
  if (facts.st_size < static_cast<off_t>(kMarkBytes)) {
    const auto known = mark.Read().value_or(SyncedState());
    std::string whole = Encode(known);
    whole.resize(kMarkBytes);
    SLUICE_TRY(mark.WriteBytes(whole));
  }
  return mark;
}

SyncedMark::~SyncedMark() {
  if (file_ >= 0) close(file_);
}

std::optional<SyncedState> SyncedMark::Read() const {
  std::array<char, kMarkBytes> bytes;
  const auto count = pread(file_, bytes.data(), bytes.size(), 0);
  if (count <= 0) return std::nullopt;
  const std::string_view read(bytes.data(), static_cast<size_t>(count));
  if (auto state = Decode(read)) return state;
  return DecodeFirstVersion(read);
}

Result<void> SyncedMark::Write(const SyncedState& state) const { return WriteBytes(Encode(state)); }

Result<void> SyncedMark::WriteBytes(const std::string& bytes) const {
  const auto written = pwrite(file_, bytes.data(), bytes.size(), 0);
  if (written == static_cast<ssize_t>(bytes.size())) return {};
  if (written >= 0) errno = ENOSPC;
  return DiskError("marking what is synced in", path_);
}

}  // namespace sluice::storage
