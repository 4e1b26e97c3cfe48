// A small HTTP server for tests: it answers as a script says, also wrongly.

#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/check.h"

namespace sluice::test {

struct ServedRequest {
  std::string method;
  std::string target;                          // "/path?query"
  std::map<std::string, std::string> headers;  // Lower-case names.
  std::string body;                            // Of chunks put together.
  size_t connection = 0;                       // Which connection it came on, from 0.
};

// One connection of a client, for the handler to answer on.
class ServedConnection {
 public:
  explicit ServedConnection(int socket) : socket_(socket) {}

  // Sends bytes as they are; false if the client is gone.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  // A whole answer with Content-Length; `headers` are lines that end in \r\n.
  void Answer(int status, std::string_view body, std::string_view headers = {}) {
    Send(fmt::format("HTTP/1.1 {} Text\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(),
                     headers, body));
  }
  void StartChunks(int status, std::string_view headers = {}) {
    Send(fmt::format("HTTP/1.1 {} Text\r\nTransfer-Encoding: chunked\r\n{}\r\n", status, headers));
  }
  bool SendChunk(std::string_view bytes) {
    return Send(fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes));
  }
  void EndChunks() { Send("0\r\n\r\n"); }
  // Ends the connection after this request.
  void Close() { closed_ = true; }
  // Ends it with a reset.
  void Reset() {
    const linger hard{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    closed_ = true;
  }
  // Blocks until the client closes its side.
  void WaitForClient() {
    char buffer[4096];
    while (::recv(socket_, buffer, sizeof buffer, 0) > 0) {
    }
    closed_ = true;
  }
  bool closed() const { return closed_; }

 private:
  int socket_;
  bool closed_ = false;
};

// Listens on 127.0.0.1 at a free port; a thread for each connection.
class HttpServer {
 public:
  using Handler = std::function<void(const ServedRequest&, ServedConnection&)>;

  explicit HttpServer(Handler handler) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    SLUICE_CHECK(::bind(listener_, generic, sizeof address) == 0);
    SLUICE_CHECK(::listen(listener_, 64) == 0);
    socklen_t size = sizeof address;
    SLUICE_CHECK(::getsockname(listener_, generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { Accept(); });
  }

  ~HttpServer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
      const std::scoped_lock lock(mutex_);
      for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
    for (const int socket : sockets_) ::close(socket);
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const { return port_; }
  std::string Url(std::string_view path = "/") const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
  }

  // What came so far.
  std::vector<ServedRequest> requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }

 private:
  void Accept() {
    while (true) {
      const int socket = ::accept(listener_, nullptr, nullptr);
      if (socket < 0) return;
      const std::scoped_lock lock(mutex_);
      const size_t number = sockets_.size();
      sockets_.push_back(socket);
      threads_.emplace_back([this, socket, number] { Serve(socket, number); });
    }
  }

  void Serve(int socket, size_t number) {
    ServedConnection connection(socket);
    std::string input;
    ServedRequest request;
    while (!connection.closed() && ReadRequest(socket, input, request)) {
      request.connection = number;
      {
        const std::scoped_lock lock(mutex_);
        requests_.push_back(request);
      }
      handler_(request, connection);
    }
    const std::scoped_lock lock(mutex_);
    ::shutdown(socket, SHUT_RDWR);
    // Closing at once is what makes SO_LINGER's reset; the number is kept for the destructor.
    const int spare = ::open("/dev/null", 0);
    ::dup2(spare, socket);
    ::close(spare);
  }

  static bool More(int socket, std::string& input) {
    char buffer[65536];
    const ssize_t size = ::recv(socket, buffer, sizeof buffer, 0);
    if (size <= 0) return false;
    input.append(buffer, static_cast<size_t>(size));
    return true;
  }

  static bool Line(int socket, std::string& input, std::string& line) {
    size_t end = 0;
    while ((end = input.find("\r\n")) == std::string::npos) {
      if (!More(socket, input)) return false;
    }
    line = input.substr(0, end);
    input.erase(0, end + 2);
    return true;
  }

  static bool Bytes(int socket, std::string& input, size_t size, std::string& to) {
    while (input.size() < size) {
      if (!More(socket, input)) return false;
    }
    to.append(input, 0, size);
    input.erase(0, size);
    return true;
  }

  static bool ReadRequest(int socket, std::string& input, ServedRequest& request) {
    request = {};
    std::string line;
    if (!Line(socket, input, line)) return false;
    const size_t space = line.find(' ');
    const size_t second = line.rfind(' ');
    if (space == std::string::npos || second <= space) return false;
    request.method = line.substr(0, space);
    request.target = line.substr(space + 1, second - space - 1);
    while (Line(socket, input, line) && !line.empty()) {
      const size_t colon = line.find(':');
      std::string name = line.substr(0, colon);
      for (char& c : name) c = static_cast<char>(::tolower(c));
      const size_t value = line.find_first_not_of(' ', colon + 1);
      request.headers[name] = value == std::string::npos ? "" : line.substr(value);
    }
    if (request.headers["transfer-encoding"] == "chunked")
      return ReadChunks(socket, input, request.body);
    const std::string& length = request.headers["content-length"];
    return length.empty() || Bytes(socket, input, std::stoul(length), request.body);
  }

  static bool ReadChunks(int socket, std::string& input, std::string& body) {
    std::string line;
    while (Line(socket, input, line)) {
      const size_t size = std::stoul(line, nullptr, 16);
      if (!Bytes(socket, input, size, body) || !Line(socket, input, line)) return false;
      if (size == 0) return true;
    }
    return false;
  }

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::thread acceptor_;
  mutable std::mutex mutex_;  // Guards what follows.
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::vector<ServedRequest> requests_;
};

}  // namespace sluice::test
