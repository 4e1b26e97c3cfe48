#include "server/serve.h"

#include <condition_variable>
#include <mutex>

#include "api/server.h"
#include "api/service.h"
#include "server/access.h"
#include "server/node.h"
#include "server/run_folder.h"
#include "server/version.h"

namespace sluice::server {
namespace {

// Set once, by a request for a restart; waited for together with the process's Stop.
class RestartRequest {
 public:
  void Set() {
    const std::lock_guard lock(wanted_mutex_);
    wanted_ = true;
    changed_.notify_all();
  }

  // True if a restart is wanted, false if `stop` was set.
  bool Wait(const Stop& stop) {
    std::unique_lock lock(wanted_mutex_);
    return changed_.wait(lock, stop.token(), [this] { return wanted_; });
  }

 private:
  std::mutex wanted_mutex_;
  std::condition_variable_any changed_;
  bool wanted_ = false;
};

enum class Ended { kStopped, kRestart };

// One life of the hub, from opening its folder to closing it.
class Life {
 public:
  Life(const ServeOptions& options, const Stop& stop, Terminal& terminal)
      : options_(options), stop_(stop), terminal_(terminal) {}

  Result<Ended> Run(std::string& listen, bool first) {
    SLUICE_TRY(const auto node, OpenNode());
    if (first) SLUICE_TRY(LoadConfig(*node));
    SLUICE_TRY(const auto access, OpenAccess(options_.data, SystemClock()));
    RestartRequest restart;
    api::Server server(MakeRouter(*node, restart), MakeServerOptions(access));
    node->hub().Start();
    SLUICE_TRY(const uint16_t port, server.Start(listen));
    // A restart comes back on the same port, also where a free one was taken.
    listen = listen.substr(0, listen.rfind(':') + 1) + std::to_string(port);
    Announce(listen, access.token_file, *node);
    const bool again = restart.Wait(stop_);
    terminal_.Complain("{}\n", again ? "Restarting" : "Stopping");
    server.Stop();
    node->hub().Shutdown();
    return again ? Ended::kRestart : Ended::kStopped;
  }

 private:
  Result<std::unique_ptr<Node>> OpenNode() {
    NodeOptions options;
    options.data = options_.data;
    options.log = [this](std::string_view level, std::string_view message) {
      terminal_.Complain("{}: {}\n", level, message);
    };
    return Node::Open(options);
  }

  // A configuration folder replaces what the hub had; one with errors leaves it as it was and ends
  // the start.
  Result<void> LoadConfig(Node& node) {
    if (options_.config.empty()) return {};
    FolderOptions folder;
    folder.folder = options_.config;
    folder.profile = options_.profile;
    folder.env_file = options_.env_file;
    SLUICE_TRY(const auto project, config::LoadProject(options_.config));
    SLUICE_TRY(const bool applied, LoadFolder(node, project, folder, terminal_));
    if (!applied)
      return MakeError(Code::kBadConfig, "the configuration in {} has errors", options_.config);
    return {};
  }

  api::Router MakeRouter(Node& node, RestartRequest& restart) {
    api::ServiceOptions service;
    service.hub = &node.hub();
    service.catalogue = &node.catalogue();
    service.version = kVersion;
    service.restart = [&restart] { restart.Set(); };
    return api::MakeServiceRouter(std::move(service));
  }

  api::ServerOptions MakeServerOptions(const Access& access) {
    api::ServerOptions options;
    options.authenticate = access.authenticate;
    options.warn = [this](std::string_view message) {
      terminal_.Complain("warning: {}\n", message);
    };
    return options;
  }

  void Announce(const std::string& listen, const std::string& token_file, Node& node) {
    const std::string url = "http://" + listen;
    terminal_.Print("Listening on {}\n", url);
    terminal_.Print("{} pipes. Try:\n  curl -H \"Authorization: Bearer $(cat {})\" {}/api/pipes\n",
                    node.hub().ListPipes().size(), token_file, url);
    terminal_.Print("With the sesam client:\n  export NODE={}/api JWT=\"$(cat {})\"\n", url,
                    token_file);
  }

  const ServeOptions& options_;
  const Stop& stop_;
  Terminal& terminal_;
};

}  // namespace

int Serve(const ServeOptions& options, const Stop& stop, Terminal& terminal) {
  std::string listen = options.listen;
  for (bool first = true;; first = false) {
    const auto ended = Life(options, stop, terminal).Run(listen, first);
    if (!ended.ok()) {
      terminal.Complain("{}\n", terminal.Paint(Colour::kRed, ended.error().ToText()));
      return 2;
    }
    if (*ended == Ended::kStopped) return 0;
  }
}

}  // namespace sluice::server
