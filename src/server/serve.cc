#include "server/serve.h"

#include <condition_variable>
#include <mutex>
#include <optional>

#include "api/server.h"
#include "api/service.h"
#include "server/access.h"
#include "server/backup_data.h"
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
    Backups backups(options_.backup, options_.backup_keep, SystemClock());
    api::Server server(MakeRouter(*node, restart, backups), MakeServerOptions(access));
    node->hub().Start();
    SLUICE_TRY(const uint16_t port, server.Start(listen));
    // A restart comes back on the same port, also where a free one was taken.
    listen = listen.substr(0, listen.rfind(':') + 1) + std::to_string(port);
    Announce(listen, access.token_file, *node);
    std::optional<BackupSchedule> schedule;
    if (!options_.backup.empty() && options_.backup_every_hours > 0) {
      const auto every = std::chrono::duration_cast<std::chrono::seconds>(
          std::chrono::duration<double, std::ratio<3600>>(options_.backup_every_hours));
      schedule.emplace(backups, node->store(), options_.data,
                       std::max(every, std::chrono::seconds(1)), SystemClock(), terminal_);
    }
    const bool again = restart.Wait(stop_);
    terminal_.Complain("{}\n", again ? "Restarting" : "Stopping");
    schedule.reset();
    server.Stop();
    node->hub().Shutdown();
    return again ? Ended::kRestart : Ended::kStopped;
  }

 private:
  Result<std::unique_ptr<Node>> OpenNode() {
    NodeOptions options;
    options.data = options_.data;
    options.store.free_space_min = options_.min_free_percent / 100;
    options.store.on_space = [this](const storage::SpaceStatus& space) {
      terminal_.Complain("WARNING: {}: {} bytes are free, {} are needed\n",
                         space.stopped
                             ? "the disk is nearly full, entities are refused until there is room"
                             : "the disk has room again, writing goes on",
                         space.disk.free_bytes, space.needed_bytes);
    };
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

  api::Router MakeRouter(Node& node, RestartRequest& restart, Backups& backups) {
    api::ServiceOptions service;
    service.hub = &node.hub();
    service.catalogue = &node.catalogue();
    service.version = kVersion;
    service.restart = [&restart] { restart.Set(); };
    service.health = [&node] { return node.store().Health(); };
    if (!options_.backup.empty()) {
      service.make_backup = [this, &node, &backups](const Stop& stop) -> Result<std::string> {
        SLUICE_TRY(const auto made, backups.Make(node.store(), options_.data, stop));
        return ToJson(made);
      };
      service.list_backups = [&backups] { return backups.List(); };
    }
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
