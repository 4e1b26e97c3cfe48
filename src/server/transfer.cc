#include "server/transfer.h"

#include <array>
#include <cerrno>
#include <cstring>

#include "base/limits.h"
#include "server/node.h"
#include "storage/commit_unit.h"
#include "value/json.h"
#include "value/record.h"
#include "value/relations.h"

namespace sluice::server {
namespace {

constexpr size_t kBatchEntities = 1000;
constexpr size_t kBlockBytes = 256 * 1024;

int Fail(const Error& error, Terminal& terminal) {
  terminal.EndProgress();
  terminal.Complain("{}\n", terminal.Paint(Colour::kRed, error.ToText()));
  return 2;
}

Result<void> Export(const ExportOptions& options, const Stop& stop, Terminal& terminal) {
  SLUICE_TRY(const auto node,
             Node::Open({.data = options.data, .schedules = false, .signals = false}));
  const auto snapshot = node->store().TakeSnapshot();
  SLUICE_TRY(const auto dataset, snapshot->FindDataset(options.dataset));
  if (!dataset)
    return MakeError(Code::kNotFound, "there is no dataset \"{}\" in {}", options.dataset,
                     options.data);
  SLUICE_TRY(const auto reader, snapshot->ReadLog(dataset->number, {.history = options.history,
                                                                    .deleted = options.deleted}));
  Arena arena;
  std::vector<Entity> entities;
  std::string text;
  uint64_t done = 0;
  while (!stop.IsSet()) {
    arena.Clear();
    entities.clear();
    SLUICE_TRY(reader->Next(kBatchEntities, arena, entities));
    if (entities.empty()) break;
    text.clear();
    for (const Entity& entity : entities) {
      options.metadata ? WriteEntityJson(entity, text) : WriteJson(entity.dict, text);
      text += '\n';
    }
    terminal.PrintRaw(text);
    done += entities.size();
    terminal.Progress("exported", done, options.history ? dataset->versions : dataset->live);
  }
  terminal.EndProgress();
  if (stop.IsSet()) return MakeError(Code::kCancelled, "stopped after {} entities", done);
  return {};
}

// Writes parsed entities into a dataset, a commit for as many as memory allows.
class Importer {
 public:
  Importer(storage::Store& store, const storage::DatasetInfo& dataset,
           std::optional<uint64_t> full_run)
      : store_(store),
        dataset_(dataset.number),
        full_run_(full_run),
        unit_(store, dataset.live + dataset.deleted == 0) {}

  Result<void> Add(const Value& dict, uint64_t index) {
    const auto id = dict.Find("_id").AsString();
    if (!id || id->empty()) {
      return MakeError(Code::kBadData, "entity {}: expected a string \"_id\", found {}", index,
                       dict.Has("_id") ? ToString(dict.Find("_id").kind()) : "nothing");
    }
    scratch_.clear();
    EncodeForDataset(dict, scratch_);
    const auto record = arena_.Copy(scratch_);
    storage::Append append;
    append.record = record;
    append.id = arena_.Copy(*id);
    append.hash = IdentityHashOfRecord(record);
    append.deleted = dict.Find("_deleted").AsBoolean() == true;
    appends_.push_back(append);
    bytes_ += record.size();
    return unit_.Full(appends_.size(), bytes_) ? Write() : Result<void>();
  }

  Result<void> Write() {
    if (appends_.empty()) return {};
    storage::Commit commit;
    commit.dataset = dataset_;
    commit.appends = appends_;
    commit.full_run = full_run_;
    SLUICE_TRY(const auto receipt, store_.Write(commit));
    unit_.Committed(receipt, appends_.size());
    changed_ += receipt.appended;
    appends_.clear();
    arena_.Clear();
    bytes_ = 0;
    return {};
  }

  uint64_t changed() const { return changed_; }

 private:
  storage::Store& store_;
  storage::DatasetNumber dataset_;
  std::optional<uint64_t> full_run_;
  storage::CommitUnit unit_;
  Arena arena_;
  std::vector<storage::Append> appends_;
  std::string scratch_;
  size_t bytes_ = 0;
  uint64_t changed_ = 0;
};

Result<uint64_t> ReadAll(std::FILE* in, Importer& importer, const Stop& stop, Terminal& terminal) {
  JsonStream stream;
  const auto block = std::make_unique<std::array<char, kBlockBytes>>();
  std::string record;
  for (bool more = true; more;) {
    if (stop.IsSet())
      return MakeError(Code::kCancelled, "stopped after {} entities", stream.count());
    const size_t count = std::fread(block->data(), 1, block->size(), in);
    if (std::ferror(in) != 0)
      return MakeError(Code::kIo, "cannot read the input: {}", std::strerror(errno));
    more = count > 0;
    more ? stream.Feed({block->data(), count}) : stream.Finish();
    while (true) {
      record.clear();
      SLUICE_TRY(const bool found, stream.Next(record));
      if (!found) break;
      SLUICE_TRY(importer.Add(Decode(record), stream.count() - 1));
    }
    terminal.Progress("imported", stream.count(), 0);
  }
  SLUICE_TRY(importer.Write());
  return stream.count();
}

Result<void> Import(const ImportOptions& options, const Stop& stop, Terminal& terminal) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(nullptr, std::fclose);
  if (!options.input.empty()) {
    file.reset(std::fopen(options.input.c_str(), "rb"));
    if (!file)
      return MakeError(Code::kIo, "cannot read {}: {}", options.input, std::strerror(errno));
  }
  SLUICE_TRY(const auto node,
             Node::Open({.data = options.data, .schedules = false, .signals = false}));
  auto& store = node->store();
  auto dataset = store.FindDataset(options.dataset);
  if (!dataset) {
    SLUICE_TRY(dataset, store.CreateDataset(options.dataset, {}));
  }
  std::optional<uint64_t> full_run;
  if (options.full) {
    SLUICE_TRY(full_run, store.BeginFullRun(dataset->number));
  }
  Importer importer(store, *dataset, full_run);
  const auto read = ReadAll(file ? file.get() : stdin, importer, stop, terminal);
  terminal.EndProgress();
  if (!read.ok()) {
    if (full_run) SLUICE_TRY(store.AbortFullRun(dataset->number, *full_run));
    return read.error();
  }
  uint64_t deleted = 0;
  if (full_run) {
    SLUICE_TRY(const auto receipt, store.FinishFullRun(dataset->number, *full_run, {}, stop));
    deleted = receipt.deleted;
  }
  SLUICE_TRY(store.WaitDurable(store.last_sequence(), stop));
  terminal.Print("{} entities read, {} changed, {} deleted\n", Grouped(*read),
                 Grouped(importer.changed()), Grouped(deleted));
  return {};
}

}  // namespace

int ExportDataset(const ExportOptions& options, const Stop& stop, Terminal& terminal) {
  const auto done = Export(options, stop, terminal);
  return done.ok() ? 0 : Fail(done.error(), terminal);
}

int ImportDataset(const ImportOptions& options, const Stop& stop, Terminal& terminal) {
  const auto done = Import(options, stop, terminal);
  return done.ok() ? 0 : Fail(done.error(), terminal);
}

}  // namespace sluice::server
