// Node: a hub with everything it is made from, in the order in which it must end.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "config/project.h"
#include "config/secrets.h"
#include "crypto/sealed_box.h"
#include "dtl/catalogue.h"
#include "pipe/hub.h"
#include "pipe/registry.h"
#include "storage/store.h"

namespace sluice::server {

// All functions and special forms.
std::unique_ptr<dtl::Catalogue> MakeCatalogue();
// All components of this version.
std::unique_ptr<pipe::Registry> MakeRegistry();

struct NodeOptions {
  std::string data;       // A folder; empty: in memory, gone with the process.
  bool schedules = true;  // Pumps run by themselves.
  bool signals = true;
  std::function<void(std::string_view level, std::string_view message)> log = {};
  storage::StoreOptions store = {};
};

class Node {
 public:
  // Makes the data folder if it is missing. kConflict if another process uses it.
  static Result<std::unique_ptr<Node>> Open(const NodeOptions& options);
  // The same on a store that is open; the data folder gives the key of its secrets.
  static Result<std::unique_ptr<Node>> OpenOn(std::unique_ptr<storage::Store> store,
                                              const NodeOptions& options);
  ~Node();

  pipe::Hub& hub() { return *hub_; }
  storage::Store& store() { return *store_; }
  const dtl::Catalogue& catalogue() const { return *catalogue_; }

 private:
  Node() = default;

  std::unique_ptr<dtl::Catalogue> catalogue_;
  std::unique_ptr<pipe::Registry> registry_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<crypto::SealedBox> box_;
  std::unique_ptr<config::Secrets> secrets_;
  std::unique_ptr<pipe::Hub> hub_;
};

// The environment of a project: the profile NAME of the folder (NAME-env.json), or the file at
// `env_file` if that is not empty, or nothing ("{}") if neither is named. kNotFound tells which
// profiles there are.
Result<std::string> ReadEnvironment(const config::Project& project, const std::string& folder,
                                    const std::string& profile, const std::string& env_file);

// The whole file. kNotFound or kIo with the path; kTooLarge over `bytes_max`.
Result<std::string> ReadFile(const std::string& path, size_t bytes_max);

}  // namespace sluice::server
