// HttpExchange: one request on one connection of libcurl. Internal to net/.

#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <string>

#include "net/gzip.h"
#include "net/http_client.h"

namespace sluice::net {

struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// A multi handle holds the open connection between requests.
struct Connection {
  std::unique_ptr<CURLM, FreeMulti> multi;
  std::unique_ptr<CURL, FreeEasy> easy;
};

class HttpExchange final : public HttpResponse {
 public:
  HttpExchange(HttpClient::State& client, Connection connection, HttpRequest request);
  ~HttpExchange() override;

  // Sends, and waits for the head.
  Result<void> Start(const Stop& stop);
  const HttpHead& head() const override { return head_; }
  Result<std::string_view> Read(const Stop& stop) override;

 private:
  Result<void> SetOptions();
  Result<void> SetHeaders();
  void SetBody();
  void SetTls();
  void SetProxy();
  // Drives the transfer until there is body, or the end.
  Result<void> Drive(const Stop& stop);
  // Waits for the network, at most until the read timeout.
  Result<void> Wait();
  void NoteProgress();
  void TakeEnd();
  Result<void> CheckEnd() const;
  Result<std::string_view> ReadRaw(const Stop& stop);
  void TakeHead();
  size_t OnHeader(std::string_view line);
  size_t OnBody(std::string_view bytes);
  size_t OnRead(char* to, size_t room);

  HttpClient::State& client_;
  Connection connection_;
  HttpRequest request_;
  std::unique_ptr<curl_slist, FreeList> header_list_;
  char problem_[CURL_ERROR_SIZE] = {};

  HttpHead head_;
  std::string arrived_;  // Body bytes that were not given yet.
  std::string given_;    // What the last Read gave.
  bool paused_ = false;
  bool ended_ = false;
  CURLcode end_ = CURLE_OK;
  std::optional<Inflater> inflater_;
  bool inflated_any_ = false;

  std::string upload_;  // Of a streamed body: what was read and not sent.
  size_t upload_at_ = 0;
  bool upload_ended_ = false;
  std::optional<Deflater> deflater_;
  std::unique_ptr<Error> upload_error_;

  SteadyTime last_progress_;
  curl_off_t progress_bytes_ = -1;
};

}  // namespace sluice::net
