// PullPublisher: answers a JSON pull (json-pull.rst) as a stream.

#pragma once

#include <string>

#include "pipe/endpoint.h"
#include "pipe/registry.h"

namespace sluice::connectors {

// What a publisher's request asks for, the same for all kinds of endpoints.
struct PullParameters {
  std::string since_text;
  std::optional<size_t> limit;

  // An integer, a JSON string, or the bare text; null if there is none. Views `since_text`.
  Value Since(Arena& arena) const;
};
// kBadRequest where `limit` is no count.
Result<PullParameters> ReadPullParameters(const pipe::EndpointRequest& request);

// How a file of the answer is called, from the sink's configuration.
struct FileOptions {
  std::string filename;
  std::string disposition = "attachment";
};
// The head of an answer: the dataset's headers, and the file's name: the URL's, or else the
// configuration's.
pipe::EndpointHead MakePullHead(const pipe::EndpointRequest& request, const pipe::Outlet& outlet,
                                const FileOptions& file, std::string content_type);

// Gives the entities that an answer has, in batches, without filtered ones and at most `limit`.
class PullReader {
 public:
  PullReader(std::unique_ptr<pipe::SourceReader> reader, std::optional<size_t> limit)
      : reader_(std::move(reader)), left_(limit) {}
  // None means the end.
  Result<pipe::Batch> Next(const Stop& stop);

 private:
  std::unique_ptr<pipe::SourceReader> reader_;
  std::optional<size_t> left_;
};

class PullPublisher final : public pipe::Publisher {
 public:
  PullPublisher(FileOptions file, pipe::Outlet& outlet) : file_(std::move(file)), outlet_(outlet) {}

  Result<void> Publish(const pipe::EndpointRequest& request,
                       const std::function<Result<void>(const pipe::EndpointHead&)>& start,
                       const pipe::BodyWriter& body, const Stop& stop) override;

 private:
  const FileOptions file_;
  pipe::Outlet& outlet_;
};

}  // namespace sluice::connectors
