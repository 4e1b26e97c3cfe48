// How components and datasets look in answers. Internal to api/.

#pragma once

#include <set>
#include <string>

#include "api/json_writer.h"
#include "pipe/status.h"
#include "storage/store.h"

namespace sluice::api {

// {"original": as uploaded, byte for byte, "effective": with all defaults}.
void WriteComponentConfig(JsonWriter& json, const pipe::ComponentConfig& config);

// The top-level parts of a pipe; all of them if the set is empty.
using PipeFields = std::set<std::string, std::less<>>;
void WritePipe(JsonWriter& json, const pipe::PipeStatus& pipe, const PipeFields& fields);
// `id` is the pipe's.
void WritePump(JsonWriter& json, std::string_view id, const pipe::PumpStatus& pump,
               const pipe::ComponentConfig& config);
void WriteSystem(JsonWriter& json, const pipe::SystemStatus& system);
void WriteRunCounts(JsonWriter& json, const pipe::RunCounts& counts);

// Which pipes write and read it.
struct DatasetUse {
  std::optional<std::string> writer;
  std::vector<std::string> readers;
  std::vector<storage::Store::Hold> holds;  // Of this dataset: who keeps compaction back.
};
void WriteDataset(JsonWriter& json, const storage::DatasetInfo& dataset, const DatasetUse& use);
// 8-4-4-4-12 hexadecimal digits.
std::string UuidText(const std::array<uint8_t, 16>& uuid);

}  // namespace sluice::api
