// RawClient: a TCP connection that sends exactly the bytes it is told to, for tests of the HTTP
// server.

#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::testing {

struct RawAnswer {
  int status = 0;                              // 0: the connection ended before a head came.
  std::map<std::string, std::string> headers;  // Lower-case names.
  std::string body;
  bool whole = false;  // The body came to its end.

  std::string Header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

class RawClient {
 public:
  explicit RawClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    // A test that waits for what never comes fails; it does not hang.
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { Close(); }

  bool connected() const { return connected_; }
  void Close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  // Ends the connection with a reset instead of a proper end.
  void Reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    Close();
  }
  void ShutdownSend() { ::shutdown(socket_, SHUT_WR); }
  void SetReceiveBuffer(int bytes) {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
  }

  // False if the server has closed the connection.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  RawAnswer Get(std::string_view target, std::string_view headers = {}) {
    return Request("GET", target, headers, {});
  }
  // One request on this connection, with Host and a Content-Length where there is a body.
  RawAnswer Request(std::string_view method, std::string_view target, std::string_view headers,
                    std::string_view body) {
    std::string text =
        std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n";
    text += headers;
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    text += "\r\n";
    text += body;
    Send(text);
    return Read(method == "HEAD");
  }

  // Reads one answer; what follows it stays for the next call.
  RawAnswer Read(bool head_only = false) {
    RawAnswer answer;
    if (!ReadHead(answer) || head_only) return answer;
    if (answer.Header("transfer-encoding") == "chunked") {
      ReadChunks(answer);
    } else if (const std::string length = answer.Header("content-length"); !length.empty()) {
      const size_t bytes = std::stoull(length);
      answer.whole = Fill(bytes);
      answer.body = TakeFront(std::min(bytes, buffer_.size()));
    } else if (answer.status >= 200 && answer.status != 204 && answer.status != 304) {
      while (Receive()) {
      }
      answer.body = TakeFront(buffer_.size());
      answer.whole = true;
    }
    return answer;
  }

  // True if the server ends the connection (after whatever it still sends).
  bool ReadsEnd() {
    while (Receive()) {
    }
    return ended_;
  }

 private:
  bool Receive() {
    char bytes[64 * 1024];
    const ssize_t got = ::recv(socket_, bytes, sizeof(bytes), 0);
    if (got == 0 || (got < 0 && (errno == ECONNRESET || errno == EPIPE))) ended_ = true;
    if (got <= 0) return false;
    buffer_.append(bytes, static_cast<size_t>(got));
    return true;
  }
  bool Fill(size_t bytes) {
    while (buffer_.size() < bytes) {
      if (!Receive()) return false;
    }
    return true;
  }
  std::string TakeFront(size_t bytes) {
    std::string front = buffer_.substr(0, bytes);
    buffer_.erase(0, bytes);
    return front;
  }
  // A line without its end; nothing if the connection ended.
  std::optional<std::string> ReadLine() {
    size_t end = 0;
    while ((end = buffer_.find("\r\n")) == std::string::npos) {
      if (!Receive()) return std::nullopt;
    }
    std::string line = TakeFront(end);
    buffer_.erase(0, 2);
    return line;
  }
  bool ReadHead(RawAnswer& answer) {
    const auto start = ReadLine();
    if (!start || start->size() < 12) return false;
    const int status = std::stoi(start->substr(9, 3));
    while (true) {
      const auto line = ReadLine();
      if (!line) return false;
      if (line->empty()) break;
      const size_t colon = line->find(": ");
      if (colon == std::string::npos) return false;
      std::string name = line->substr(0, colon);
      for (char& c : name) c = static_cast<char>(std::tolower(c));
      answer.headers[name] = line->substr(colon + 2);
    }
    answer.status = status;
    return true;
  }
  void ReadChunks(RawAnswer& answer) {
    while (true) {
      const auto line = ReadLine();
      if (!line) return;
      size_t bytes = 0;
      std::from_chars(line->data(), line->data() + line->size(), bytes, 16);
      if (!Fill(bytes + 2)) return;
      answer.body += TakeFront(bytes);
      buffer_.erase(0, 2);
      if (bytes == 0) {
        answer.whole = true;
        return;
      }
    }
  }

  int socket_;
  bool connected_ = false;
  bool ended_ = false;
  std::string buffer_;
};

}  // namespace sluice::testing
